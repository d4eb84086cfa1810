# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Of the package as it is installed. FIXTURES names the modules of tests/fixtures."""
import concurrent.futures
import os
import pathlib
import unittest

import heapbump

GO = pathlib.Path(os.environ["FIXTURES"], "go/busy-go1.26.wasm").read_bytes()


class Heapbump(unittest.TestCase):
    def test_reserve_verify_undo(self):
        made = heapbump.reserve(GO, pages=4)
        self.assertEqual(made.manifest["region"]["pages"], 4)
        self.assertEqual(made.report["status"], "reserved")
        self.assertIsNone(made.component)
        self.assertEqual(heapbump.verify(GO, made.module, made.manifest_text).report["status"], "verified")
        self.assertEqual(heapbump.undo(made.module).module, GO)
        self.assertEqual(heapbump.undo(bytearray(made.module), made.manifest).module, GO)

    def test_component_and_check(self):
        for strategy, expected in ("auto", "bump"), ("apart", "apart"):
            made = heapbump.component(GO, strategy=strategy)
            self.assertEqual(made.report["strategy"], expected)
            self.assertEqual(heapbump.check(memoryview(made.component)).report["exit_code"], 0)

    def test_detect(self):
        self.assertEqual(heapbump.detect(GO).report["toolchain"]["name"], "Go")

    def test_a_refusal_says_why(self):
        with self.assertRaises(heapbump.Refused) as caught:
            heapbump.detect(GO[:5000])
        self.assertEqual(caught.exception.exit_code, 3)
        self.assertTrue(caught.exception.code.startswith("HB03"))
        self.assertIsInstance(caught.exception.offset, int)
        self.assertEqual(caught.exception.report["exit_code"], 3)
        self.assertIn(caught.exception.code, str(caught.exception))
        with self.assertRaises(heapbump.Refused) as caught:
            heapbump.verify(GO, heapbump.reserve(GO).module[:-1] + b"x")
        self.assertEqual(caught.exception.exit_code, 7)

    def test_wrong_options(self):
        for wrong in {"strategy": "apart"}, {"placement": "x"}, {"min_confidence": ""}, {"pages": 0}:
            with self.assertRaises(ValueError, msg=wrong):
                heapbump.reserve(GO, **wrong)
        with self.assertRaises(heapbump.Refused):
            heapbump.reserve(GO, pages=65537)
        with self.assertRaises(heapbump.Refused):
            heapbump.component(GO, flavor="no such flavor")

    def test_threads(self):
        expected = heapbump.reserve(GO).module
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for made in pool.map(heapbump.reserve, [GO] * 8):
                self.assertEqual(made.module, expected)


if __name__ == "__main__":
    unittest.main()
