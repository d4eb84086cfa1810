// Uses the library as another program would, by its public headers alone: reads a module, detects its heap,
// reserves two pages, verifies the result and undoes it.
#include <heapbump/heapbump.h>

#include <algorithm>
#include <iostream>

namespace {

int report(const heapbump::Error& error) {
  std::cout << heapbump::code_info(error.code).name << ": " << error.message << '\n';
  return heapbump::exit_code(error.code);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto input = heapbump::Input::open(argv[1]);
  if (!input) return report(input.error());
  const auto finding = heapbump::detect(*input);
  if (!finding) return report(finding.error());
  const heapbump::Request request{.pages = 2};
  const auto reservation = heapbump::reserve(*input, request);
  if (!reservation) return report(reservation.error());
  const auto output = reservation->output(input->bytes());
  const auto verified = heapbump::verify_modules(input->bytes(), output, reservation->plan.manifest);
  if (!verified) return report(verified.error());
  const auto reserved = heapbump::Input::read(output);
  if (!reserved) return report(reserved.error());
  const auto original = heapbump::undo(*reserved);
  if (!original) return report(original.error());
  std::cout << heapbump::version() << ' ' << finding->toolchain.name << ' ' << output.size() << '\n'
            << heapbump::json_text(reservation->plan.manifest) << '\n';
  const bool right = output.size() == reservation->output_size && output.size() > input->bytes().size() &&
                     verified->ok() && std::ranges::equal(*original, input->bytes()) &&
                     !heapbump::json_text(*input, *reservation, request).empty();
  return right ? 0 : 1;
}
