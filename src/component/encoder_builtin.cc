// The place of encoder.cc where no process can be started: there is the built-in encoder, and no other.
#include "component/encoder.h"

namespace heapbump {

Result<Encoder> find_encoder(std::string_view wanted) {
  if (wanted == "builtin" || wanted == "auto") return Encoder{EncoderKind::builtin, {}, "builtin"};
  return fail(Code::kNoEncoder, "this build of heapbump cannot run " + std::string(wanted) + "; use builtin");
}

Result<std::vector<std::byte>> encode_with(const Encoder& encoder, Bytes, const std::vector<AdapterFile>&) {
  return fail(Code::kNoEncoder, "this build of heapbump cannot run " + encoder.path + "; use builtin");
}

}  // namespace heapbump
