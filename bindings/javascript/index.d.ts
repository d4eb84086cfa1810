// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
export type Bytes = ArrayBuffer | ArrayBufferView;
export type Strategy = 'auto' | 'bump' | 'tail' | 'gap';
export type Placement = 'auto' | 'shim' | 'adapter' | 'none';
export type Confidence = 'strong' | 'weak' | 'proven';
/** layout.json, as an object or as its text. */
export type Manifest = string | object;

export interface Answer {
  /** JSON by the schemas of heapbump. */
  readonly report: any;
  readonly reportText: string;
}

export interface Reserved extends Answer {
  /** The reserved module. */
  readonly module: Uint8Array;
  readonly manifest: any;
  /** The bytes that the program writes. */
  readonly manifestText: string;
}

export interface Component extends Answer {
  readonly component: Uint8Array;
  /** The core module that is embedded. */
  readonly module: Uint8Array;
  readonly manifest: any;
  readonly manifestText: string;
}

export interface Original extends Answer {
  readonly module: Uint8Array;
}

export interface ReserveOptions {
  /** Of 64 KiB; 2 unless said. */
  pages?: number;
  /** How many share the region, 2 pages each. */
  adapters?: number;
  strategy?: Strategy;
  placement?: Placement;
  /** Below it the module is refused. */
  minConfidence?: Confidence;
  /** Code offsets may move where one more function needs it. */
  allowMovedCode?: boolean;
  /** Whether the module is verified before it is returned; true unless said. */
  verify?: boolean;
}

export interface ComponentOptions {
  /** "apart" gives the adapter a memory of its own. */
  strategy?: Strategy | 'apart';
  /** Below it the heap is not moved. */
  minConfidence?: Confidence;
  /** Of the shipped adapter; as the module is, unless said. */
  flavor?: 'command' | 'reactor' | 'proxy';
}

/** What cannot be done, and why. */
export class Refused extends Error {
  /** The diagnostic, "HB0504". */
  readonly code: string;
  /** The file offset that it is about. */
  readonly offset: number | undefined;
  /** 2 wrong use, 3 malformed, 4 not supported, 5 no heap start found or not sure enough, 6 does not fit, 7 the check failed. */
  readonly exitCode: number;
  readonly report: any;
  readonly reportText: string;
}

/** Which toolchain made a core module, and where its heap starts: in the report. */
export function detect(module: Bytes): Promise<Answer>;
/** The module with a region that it never touches. */
export function reserve(module: Bytes, options?: ReserveOptions): Promise<Reserved>;
/** A component that runs. */
export function component(module: Bytes, options?: ComponentOptions): Promise<Component>;
/** Holds a reserved module against its original; rejects with HB0701 where something is not as it must be. */
export function verify(original: Bytes, reserved: Bytes, manifest?: Manifest): Promise<Answer>;
/** Whether a component's adapters keep to the region, or to a memory of their own. */
export function check(component: Bytes, manifest?: Manifest): Promise<Answer>;
/** The original of a reserved module, byte for byte. */
export function undo(reserved: Bytes, manifest?: Manifest): Promise<Original>;
export function version(): Promise<string>;
/** The bytes of heapbump.wasm, for a program that has them elsewhere than beside index.js, such as a bundle. */
export function useCore(bytes: Bytes): void;
