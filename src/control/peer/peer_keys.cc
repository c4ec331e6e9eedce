#include "control/peer/peer_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/fd.h"
#include "base/log.h"
#include "engine/tls/der.h"
#include "engine/tls/self_signed.h"

namespace tandem::peer {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestFile = std::size_t{64} * 1024;

std::string key_path(const std::string& directory) { return directory + "/key.pem"; }
std::string certificate_path(const std::string& directory) { return directory + "/certificate.pem"; }

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error::from_errno(errno, "cannot read " + path);
  std::string text(kLongestFile, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string digest_of(std::string_view der) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  ::EVP_Digest(der.data(), der.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
  return hex_text({reinterpret_cast<const char*>(digest.data()), size});
}

Result<void> make_keys(const std::string& directory, const std::string& node) {
  const Result<tls::PemPair> made = tls::make_pinned_identity(file_name_of(node));
  if (!made) return made.error();
  // The key comes last: with it the pair counts as made.
  if (Result<void> written = write_private_file(certificate_path(directory), made->certificate); !written) {
    return written;
  }
  return write_private_file(key_path(directory), made->key);
}

Result<void> check_mode(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return Error::from_errno(errno, "cannot read " + path);
  if ((found.st_mode & 077U) != 0) {
    return Error(ErrorKind::kInvalid,
                 fmt::format("{} may be read by others (mode {:o}): run chmod 600 {}, or remove it, and the nodes join "
                             "again with new keys",
                             path, found.st_mode & 0777U, path));
  }
  return {};
}

}  // namespace

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return {};
  const fs::path above = fs::path(path).parent_path();
  if (!above.empty()) fs::create_directories(above, error);
  if (::mkdir(path.c_str(), 0700) == 0) {
    struct stat owner{};
    if (::stat(above.empty() ? "." : above.c_str(), &owner) == 0 && ::geteuid() == 0) {
      (void)!::chown(path.c_str(), owner.st_uid, owner.st_gid);
    }
    return {};
  }
  return errno == EEXIST ? Result<void>() : Result<void>(Error::from_errno(errno, "cannot make " + path));
}

std::string hex_text(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 15U]);
  }
  return out;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) std::abort();
  return out;
}

std::string file_name_of(std::string_view name) {
  std::string out;
  for (const char each : name.substr(0, kLongestName)) {
    const bool plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
                       each == '-' || each == '_' || (each == '.' && !out.empty());
    out.push_back(plain ? each : '_');
  }
  return out.empty() ? "node" : out;
}

Result<void> write_private_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  const std::string folder = fs::path(path).parent_path();
  ::unlink(draft.c_str());
  const base::Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return Error::from_errno(errno, "cannot write " + draft);
  struct stat owner{};
  if (::geteuid() == 0 && ::stat(folder.c_str(), &owner) == 0) {
    (void)!::fchown(file.get(), owner.st_uid, owner.st_gid);
  }
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error::from_errno(errno, "cannot write " + draft);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0 || ::rename(draft.c_str(), path.c_str()) != 0) {
    return Error::from_errno(errno, "cannot write " + path);
  }
  const base::Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) (void)::fsync(directory.get());
  return {};
}

Result<PeerKeys> load_or_make_keys(const std::string& directory, const std::string& node) {
  if (Result<void> made = make_directory(directory); !made) return made.error();
  if (Result<void> made = make_directory(directory + "/peers"); !made) return made.error();
  if (::access(key_path(directory).c_str(), F_OK) != 0 && errno == ENOENT) {
    if (Result<void> made = make_keys(directory, node); !made) return made.error();
    base::log_info("Made the keys of this node", {{"directory", directory}});
  }
  if (Result<void> sound = check_mode(key_path(directory)); !sound) return sound.error();
  const Result<std::string> key = read_file(key_path(directory));
  if (!key) return key.error();
  const Result<std::string> pem = read_file(certificate_path(directory));
  if (!pem) return pem.error();
  Result<tls::CertificatePtr> certificate = tls::Certificate::parse(*pem, *key);
  if (!certificate) {
    return std::move(certificate.error())
        .wrapped("the keys in " + directory + " are not usable; remove key.pem and certificate.pem there, and the " +
                 "nodes join again");
  }
  std::string fingerprint = digest_of((*certificate)->leaf());
  return PeerKeys{.certificate = std::move(*certificate), .pem = *pem, .fingerprint = std::move(fingerprint)};
}

Result<void> retire_keys(const std::string& directory) {
  for (const std::string& path : {key_path(directory), certificate_path(directory)}) {
    if (::rename(path.c_str(), (path + ".old").c_str()) != 0 && errno != ENOENT) {
      return Error::from_errno(errno, "cannot put " + path + " aside");
    }
  }
  return {};
}

std::map<std::string, TrustedPeer, std::less<>> trusted_peers(const std::string& directory) {
  std::map<std::string, TrustedPeer, std::less<>> out;
  std::error_code error;
  for (fs::directory_iterator it(directory + "/peers", error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".pem") continue;
    const Result<std::string> text = read_file(it->path());
    bool found = false;
    if (text) {
      for (const tls::PemBlock& block : tls::pem_blocks(*text)) {
        if (block.label != "CERTIFICATE") continue;
        out[digest_of(block.content)] = {.name = it->path().stem()};
        found = true;
      }
    }
    if (!found) base::log_warn("No certificate of a peer in this file", {{"file", it->path().string()}});
  }
  return out;
}

Result<void> trust_peer(const std::string& directory, std::string_view name, const std::string& pem) {
  if (Result<void> made = make_directory(directory + "/peers"); !made) return made;
  return write_private_file(directory + "/peers/" + file_name_of(name) + ".pem", pem);
}

std::string fingerprint_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (certificate == nullptr || ::X509_digest(certificate, ::EVP_sha256(), digest.data(), &size) != 1) return {};
  return hex_text({reinterpret_cast<const char*>(digest.data()), size});
}

std::string pem_of(X509* certificate) {
  BIO* const memory = ::BIO_new(::BIO_s_mem());
  std::string out;
  if (certificate != nullptr && ::PEM_write_bio_X509(memory, certificate) == 1) {
    char* bytes = nullptr;
    const long size = ::BIO_get_mem_data(memory, &bytes);
    out.assign(bytes, static_cast<std::size_t>(size));
  }
  ::BIO_free(memory);
  return out;
}

}  // namespace tandem::peer
