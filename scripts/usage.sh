# What each shell script of this folder reads first, before it changes the folder: its first comment is its usage text.
usage() { sed -n '/^#!/d; /^# SPDX/d; /^#/!q; s/^# \{0,1\}//p' "$0"; }
refuse() { # WHY: ends with 2
  printf '%s\n\n' "$0: $*" >&2
  usage >&2
  exit 2
}
case ${1-} in -h | --help) usage; exit ;; esac
