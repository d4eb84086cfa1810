#include "cli/descriptions.h"

namespace heapbump::cli {

Result<std::shared_ptr<const Description>> read_descriptions(const Session& session,
                                                             const std::vector<std::string>& paths,
                                                             std::string& blamed) {
  std::vector<FileBytes> files;
  const std::string before = blamed;
  for (const std::string& path : paths) {
    blamed = path;
    HEAPBUMP_TRY(InputFile file, read_file(path, session.max_size));
    files.push_back(std::move(file.bytes));
  }
  blamed = before;
  std::vector<DescriptionText> texts;
  for (std::size_t i = 0; i < paths.size(); ++i)
    texts.push_back({display_name(paths[i]), as_text(files[i].view())});
  return read_description(texts);
}

}  // namespace heapbump::cli
