#include "control/provider/file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <ranges>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "config/model/merge.h"
#include "control/provider/changed_objects.h"
#include "control/provider/named_files.h"
#include "engine/loop/scope.h"

namespace tandem::provider {
namespace {

namespace fs = std::filesystem;

// Writers often touch a file several times in a row; one look afterwards is enough.
constexpr loop::Nanoseconds kCalm = std::chrono::milliseconds(10);
// When a file seemed half written.
constexpr loop::Nanoseconds kSecondLook = std::chrono::milliseconds(100);
constexpr int kDeepest = 32;

format::Problem problem_at(const std::string& source, std::string message) {
  format::Problem problem;
  problem.position.source = std::make_shared<const std::string>(source);
  problem.message = std::move(message);
  return problem;
}

}  // namespace

File::File(model::FileProvider options, Memory* memory) : options_(std::move(options)), memory_(memory) {
  delivery_.provider = name();
}

loop::Task<void> File::run(Receiver& receiver) {
  receiver_ = &receiver;
  if (options_.watch) {
    if (const auto opened = watch_.open(); !opened) {
      base::log_warn("Files are watched by looking every few seconds only",
                     {{"providerName", name()}, {"error", opened.error().text()}});
    }
  }
  look(FileContent::Trust::kAlways);
  deliver();
  if (!options_.watch) co_await loop::sleep_until(loop::kNever);

  bool unsettled = false;
  for (;;) {
    const bool event = co_await watch_.changed(loop::Loop::current().now() + (unsettled ? kSecondLook : kLookEvery));
    if (event) co_await loop::sleep_for(kCalm);
    Seen seen;
    const std::optional<std::set<std::string>> touched = watch_.take_touched();
    const bool few = event && !unsettled && touched && look_at_touched(*touched, seen);
    if (!few) seen = look(event ? FileContent::Trust::kNotIfEmpty : FileContent::Trust::kIfSettled);
    unsettled = seen.unsettled;
    if (seen.changed) deliver();
  }
}

void File::reload() {
  look(FileContent::Trust::kAlways);
  deliver();
}

auto File::good_files() const {
  const auto good = [this](const std::string& path) {
    const auto source = sources_.find(path);
    return source != sources_.end() && source->second.good ? &*source->second.good : nullptr;
  };
  return listing_.files | std::views::transform(good) |
         std::views::filter([](const DynamicFile* file) { return file != nullptr; });
}

format::Position File::locate(std::string_view path) const {
  // "http.serversTransports.x" is known as "http.serverstransports.x": names keep their case, options have none.
  const std::size_t kind = path.find('.');
  const std::size_t name = kind == std::string_view::npos ? kind : path.find('.', kind + 1);
  if (name == std::string_view::npos) return {};
  const std::string wanted = base::lower_case(path.substr(0, name)).append(path.substr(name));
  return first_known(good_files(), [&wanted](const DynamicFile* file) { return file->positions.find(wanted); });
}

Place File::locate_certificate(const model::StoredCertificate& certificate) const {
  return first_known(good_files(), [&certificate](const DynamicFile* file) { return place_of(certificate, *file); });
}

void File::deliver() {
  const std::vector<std::string> changed = std::exchange(changed_named_, {});
  const bool only_certificates =
      std::ranges::none_of(changed, [this](const std::string& path) { return beside_certificates_.contains(path); });
  delivery_.changed_certificates = only_certificates ? changed : std::vector<std::string>();
  receiver_->receive(delivery_);
}

File::Listing File::list() const {
  Listing listing;
  if (!options_.directory.empty()) {
    list_folder(options_.directory, 0, listing);
  } else if (options_.filename.empty()) {
    listing.problems.push_back(
        {.position = {},
         .path = "providers.file",
         .message = "error using file configuration provider, neither filename nor directory is defined",
         .suggestion = {}});
  } else if (!is_nameable_file(options_.filename)) {
    listing.problems.push_back(problem_at(options_.filename, "unsupported file extension: " + options_.filename));
  } else {
    listing.files.push_back(options_.filename);
  }
  return listing;
}

void File::list_folder(const std::string& folder, int depth, Listing& listing) const {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) entries.push_back(*it);
  if (error) {
    listing.complete = false;
    listing.problems.push_back(problem_at(folder, "unable to read directory: " + error.message()));
    return;
  }
  listing.folders.push_back(folder);
  std::ranges::sort(entries, {}, [](const fs::directory_entry& e) { return e.path().filename().string(); });
  for (const fs::directory_entry& entry : entries) {
    const std::string path = entry.path().string();
    std::error_code ignored;
    if (entry.symlink_status(ignored).type() == fs::file_type::directory) {
      // "..2024_01_01" and the like hold the files of a Kubernetes volume, which are linked one level up.
      if (!entry.path().filename().string().starts_with("..") && depth < kDeepest) {
        list_folder(path, depth + 1, listing);
      }
    } else if (is_dynamic_file(path) && !entry.is_directory(ignored)) {
      listing.files.push_back(path);
    }
  }
}

void File::look_at(const std::string& path, FileContent::Trust trust, Seen& seen) {
  Source& source = sources_[path];
  std::string text;
  switch (source.content.look(path, trust, text)) {
    case FileContent::Look::kSame:
      return;
    case FileContent::Look::kUnsettled:
      seen.unsettled = true;
      return;
    case FileContent::Look::kUnreadable: {
      format::Problem problem = problem_at(path, "error reading configuration file: " + source.content.problem());
      if (!source.problems.empty() && source.problems.front().message == problem.message) return;
      seen.changed = true;
      source.problems = {std::move(problem)};
      if (!source.good) recall(path, source);
      return;
    }
    case FileContent::Look::kNew:
      break;
  }
  seen.changed = true;
  if (options_.debugLogGeneratedTemplate) log_rendered(path, text);
  read(path, std::move(text), source);
}

void File::read(const std::string& path, std::string text, Source& source) {
  const bool was_good = source.good && source.problems.empty() && source.warnings.empty();
  const std::string before = std::exchange(source.large_text, {});
  const bool changed_only =
      was_good && !before.empty() && is_yaml(path) && read_changes(path, before, text, *source.good);
  if (!changed_only) {
    source.problems.clear();
    source.warnings.clear();
    if (auto parsed = parse_dynamic_file(path, text, source.problems, source.warnings)) {
      if (source.good) keep_unchanged(source.good->configuration, parsed->configuration);
      source.good = std::move(parsed);
    } else if (!source.good) {
      recall(path, source);
    }
  }
  if (source.problems.empty()) {
    source.recalled = false;
    if (memory_ != nullptr) memory_->keep(lasting_name(path), text);
  }
  constexpr std::size_t kLarge = std::size_t{32} * 1024;  // smaller ones are read as quickly as compared
  if (source.problems.empty() && text.size() >= kLarge) source.large_text = std::move(text);
}

/// Whatever directory the program is started in.
std::string File::lasting_name(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

void File::recall(const std::string& path, Source& source) const {
  if (memory_ == nullptr) return;
  const auto recalled = memory_->recall(lasting_name(path));
  if (!recalled) return;
  format::Problems problems;
  format::Problems warnings;
  auto parsed = parse_dynamic_file(path, recalled->content, problems, warnings);
  if (!parsed) return;
  source.good = std::move(parsed);
  source.recalled = true;
  source.problems.push_back(
      problem_at(path, "what was accepted at " + recalled->accepted + " is used until this file is right again"));
}

bool File::look_at_named(const std::string& path, FileContent& content, FileContent::Trust trust, Seen& seen) {
  std::string text;
  const std::uint64_t before = content.hash();
  if (content.look(path, trust, text) == FileContent::Look::kUnsettled) {
    seen.unsettled = true;
    unsettled_.push_back(path);
  }
  if (content.hash() == before) return false;
  changed_named_.push_back(path);
  return true;
}

bool File::look_at_touched(const std::set<std::string>& touched, Seen& seen) {
  if (touched.empty() || std::ranges::any_of(touched, [this](const auto& path) { return !direct_.contains(path); }))
    return false;
  bool changed = false;
  for (const std::string& path : touched) {
    for (const std::string& name : direct_[path]) {
      changed |= look_at_named(name, named_[name], FileContent::Trust::kNotIfEmpty, seen);
    }
  }
  if (changed) ++delivery_.named_files_version;
  seen.changed = changed;
  return true;
}

bool File::look_at_named_files(FileContent::Trust trust, Seen& seen) {
  bool changed = false;
  if (trust != FileContent::Trust::kIfSettled) {
    unsettled_.clear();
    for (auto& [path, content] : named_) changed |= look_at_named(path, content, trust, seen);
    return changed;
  }
  for (const std::string& path : std::exchange(unsettled_, {})) {
    if (const auto found = named_.find(path); found != named_.end())
      changed |= look_at_named(path, found->second, trust, seen);
  }
  // Nobody said anything: many files are looked at in parts, all of them once a minute.
  constexpr std::size_t kPart = 1000;
  constexpr std::size_t kParts = 12;
  std::size_t left = std::min(named_.size(), std::max(kPart, named_.size() / kParts + 1));
  auto at = named_.upper_bound(looked_at_last_);
  for (; left > 0; --left) {
    if (at == named_.end()) at = named_.begin();
    changed |= look_at_named(at->first, at->second, trust, seen);
    looked_at_last_ = at->first;
    ++at;
  }
  return changed;
}

File::Seen File::look(FileContent::Trust trust) {
  Listing listing = list();
  Seen seen;
  const bool first = !std::exchange(looked_, true);
  seen.changed = first || listing.files != listing_.files || listing.problems.size() != listing_.problems.size();
  // While a folder cannot be read, what was in it counts as still there.
  if (!listing.complete) {
    listing.files = listing_.files;
    if (first && memory_ != nullptr) listing.files = memory_->sources(lasting_name(options_.directory) + "/");
    listing.folders = listing_.folders;
  }
  // Watching begins before reading, or a change in between would go unseen.
  if (seen.changed || listing.folders != listing_.folders) watch(listing);
  listing_ = std::move(listing);

  const std::set<std::string_view> present(listing_.files.begin(), listing_.files.end());
  std::erase_if(sources_, [&present](const auto& each) { return !present.contains(each.first); });
  for (const std::string& path : listing_.files) look_at(path, trust, seen);
  const bool named_changed = look_at_named_files(trust, seen);
  if (seen.changed) merge();
  if (named_changed) ++delivery_.named_files_version;
  seen.changed |= named_changed;
  if (seen.changed) watch(listing_);  // links may lead elsewhere now
  return seen;
}

void File::merge() {
  model::DynamicConfiguration merged;
  delivery_.recalled = 0;
  bool any = listing_.files.empty() && listing_.complete && listing_.problems.empty();
  delivery_.problems = listing_.problems;
  delivery_.warnings.clear();
  for (const std::string& path : listing_.files) {
    const Source& source = sources_[path];
    delivery_.problems.insert(delivery_.problems.end(), source.problems.begin(), source.problems.end());
    delivery_.warnings.insert(delivery_.warnings.end(), source.warnings.begin(), source.warnings.end());
    if (!source.good) continue;
    any = true;
    if (source.recalled) ++delivery_.recalled;
    auto notes = model::add_file(merged, source.good->configuration, path);
    delivery_.warnings.insert(delivery_.warnings.end(), notes.begin(), notes.end());
  }
  if (any) delivery_.configuration = std::make_shared<const model::DynamicConfiguration>(std::move(merged));

  std::map<std::string, FileContent> named;
  if (delivery_.configuration != nullptr) {
    for (const std::string& path : named_files(*delivery_.configuration)) {
      auto known = named_.extract(path);
      if (known) {
        named.insert(std::move(known));
      } else {
        std::string text;
        named[path].look(path, FileContent::Trust::kAlways, text);
      }
    }
  }
  named_ = std::move(named);
  beside_certificates_.clear();
  if (delivery_.configuration != nullptr)
    beside_certificates_ = named_files_beside_certificates(*delivery_.configuration);
}

void File::watch(const Listing& listing) {
  if (!options_.watch) return;
  WatchList list{.paths = {}, .folders = listing.folders};
  if (options_.directory.empty()) {
    list.paths = listing.files;
  } else {
    list.paths.push_back(options_.directory);
    std::error_code ignored;
    std::ranges::copy_if(listing.files, std::back_inserter(list.paths),
                         [&ignored](const std::string& path) { return fs::is_symlink(path, ignored); });
  }
  direct_.clear();
  std::map<fs::path, bool> plain_folders;  // no link leads to them; many files stand in few folders
  for (const auto& [path, content] : named_) {
    list.paths.push_back(path);
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error).lexically_normal();
    const fs::path folder = absolute.parent_path();
    const auto [known, is_new] = plain_folders.try_emplace(folder, false);
    if (is_new) known->second = !error && fs::canonical(folder, error) == folder && !error;
    if (known->second && !fs::is_symlink(absolute, error)) direct_[absolute.string()].push_back(path);
  }
  if (const std::size_t failed = watch_.set(list); failed > 0) {
    base::log_warn("Folders that cannot be watched (fs.inotify.max_user_watches) are looked at every few seconds",
                   {{"providerName", name()}, {"folders", std::to_string(failed)}});
  }
}

}  // namespace tandem::provider
