#pragma once

// SharedMap: named objects in the order of their names, of which copies share everything that none of them changed:
// copying one of 10,000 objects copies some dozens of pointers, changing one object copies its neighbourhood, and two
// maps that have most objects in common are compared in the time of what differs. So a configuration passes through
// many hands, each with its own version, and one changed object stays one changed object.
//
// A plain value as std::map, with its names. Different copies may be used by different threads.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::format {

template <class T>
class SharedMap {
 public:
  using key_type = std::string;
  using mapped_type = T;
  using value_type = std::pair<const std::string, T>;
  /// One object with its name; copies of the map that did not change it hold the same one.
  using Entry = std::shared_ptr<const value_type>;

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = SharedMap::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    Iterator() = default;
    reference operator*() const { return **entry(); }
    pointer operator->() const { return entry()->get(); }
    Iterator& operator++() {
      if (++at_ == (*leaves_)[leaf_]->size()) {
        ++leaf_;
        at_ = 0;
      }
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return leaf_ == other.leaf_ && at_ == other.at_; }

   private:
    friend class SharedMap;
    Iterator(const auto* leaves, std::size_t leaf, std::size_t at) : leaves_(leaves), leaf_(leaf), at_(at) {}
    const std::shared_ptr<value_type>* entry() const { return &(*(*leaves_)[leaf_])[at_]; }

    const std::vector<std::shared_ptr<std::vector<std::shared_ptr<value_type>>>>* leaves_ = nullptr;
    std::size_t leaf_ = 0;
    std::size_t at_ = 0;
  };
  using iterator = Iterator;
  using const_iterator = Iterator;

  SharedMap() = default;
  SharedMap(std::initializer_list<value_type> entries) {
    for (const value_type& entry : entries) insert_or_assign(entry.first, entry.second);
  }

  const_iterator begin() const { return {&leaves_, 0, 0}; }
  const_iterator end() const { return {&leaves_, leaves_.size(), 0}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const_iterator find(std::string_view name) const {
    const Place place = place_of(name);
    return place.found ? const_iterator{&leaves_, place.leaf, place.at} : end();
  }
  bool contains(std::string_view name) const { return place_of(name).found; }
  /// Throws std::out_of_range, as std::map.
  const T& at(std::string_view name) const {
    const Place place = place_of(name);
    if (!place.found) throw std::out_of_range("SharedMap::at");
    return (*leaves_[place.leaf])[place.at]->second;
  }
  /// The object itself, to share it with another map.
  static Entry entry(const const_iterator& at) { return *at.entry(); }

  /// The object to change it, made when there is none; what other maps share is copied first. Valid until the map is
  /// changed or copied.
  T& operator[](std::string_view name) {
    const Place place = place_of(name);
    if (!place.found) return insert(place, std::make_shared<value_type>(std::string(name), T{}))->second;
    std::shared_ptr<value_type>& own = own_leaf(place.leaf)[place.at];
    if (is_shared(own)) own = std::make_shared<value_type>(*own);
    return own->second;
  }
  /// False when there was one of that name, which stays.
  bool emplace(std::string name, T value) {
    const Place place = place_of(name);
    if (!place.found) insert(place, std::make_shared<value_type>(std::move(name), std::move(value)));
    return !place.found;
  }
  /// True when it is new.
  bool insert_or_assign(std::string name, T value) {
    return put(std::make_shared<value_type>(std::move(name), std::move(value)));
  }
  /// Takes an object of another map, in place of one of that name; true when there was none.
  bool insert_or_assign(const Entry& entry) { return put(std::const_pointer_cast<value_type>(entry)); }
  bool erase(std::string_view name) {
    const Place place = place_of(name);
    if (!place.found) return false;
    Leaf& leaf = own_leaf(place.leaf);
    leaf.erase(leaf.begin() + static_cast<std::ptrdiff_t>(place.at));
    if (leaf.empty()) leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(place.leaf));
    --size_;
    return true;
  }
  void clear() { *this = {}; }

  /// Calls `differ(before, now)` for each name, in order, whose objects are not the same one; null for what one of the
  /// maps has not. Objects that are equal without being the same one are told too.
  template <class Differ>
  static void compare(const SharedMap& before, const SharedMap& now, Differ differ) {
    const_iterator old = before.begin();
    const_iterator fresh = now.begin();
    while (!(old == before.end() && fresh == now.end())) {
      if (skip_common_leaf(before, old, now, fresh)) continue;
      const int order = old == before.end() ? 1 : fresh == now.end() ? -1 : order_of(old, fresh);
      if (order == 0 && old.entry()->get() != fresh.entry()->get()) differ(&*old, &*fresh);
      if (order < 0) differ(&*old, static_cast<const value_type*>(nullptr));
      if (order > 0) differ(static_cast<const value_type*>(nullptr), &*fresh);
      if (order <= 0) ++old;
      if (order >= 0) ++fresh;
    }
  }

  bool operator==(const SharedMap& other) const {
    if (size_ != other.size_) return false;
    bool same = true;
    compare(*this, other, [&same](const value_type* a, const value_type* b) {
      same = same && a != nullptr && b != nullptr && a->second == b->second;
    });
    return same;
  }

 private:
  using Leaf = std::vector<std::shared_ptr<value_type>>;
  // A change copies a leaf, a copy the list of leaves: about the square root of the number of objects.
  static constexpr std::size_t kLargestLeaf = 128;

  struct Place {
    std::size_t leaf;
    std::size_t at;
    bool found;
  };

  /// What another thread has just let go of was last read before that.
  template <class Object>
  static bool is_shared(const std::shared_ptr<Object>& object) {
    if (object.use_count() > 1) return true;
    std::atomic_thread_fence(std::memory_order_acquire);
    return false;
  }

  static int order_of(const const_iterator& a, const const_iterator& b) {
    return a.entry()->get() == b.entry()->get() ? 0 : a->first.compare(b->first);
  }

  static bool skip_common_leaf(const SharedMap& before, const_iterator& old, const SharedMap& now,
                               const_iterator& fresh) {
    if (old.at_ != 0 || fresh.at_ != 0 || old == before.end() || fresh == now.end()) return false;
    if (before.leaves_[old.leaf_] != now.leaves_[fresh.leaf_]) return false;
    ++old.leaf_;
    ++fresh.leaf_;
    return true;
  }

  /// Where the name is or would be; `leaf` is one that exists unless the map is empty.
  Place place_of(std::string_view name) const {
    if (leaves_.empty()) return {0, 0, false};
    const auto after = std::upper_bound(
        leaves_.begin(), leaves_.end(), name,
        [](std::string_view wanted, const auto& leaf) { return wanted < std::string_view(leaf->front()->first); });
    const std::size_t leaf = after == leaves_.begin() ? 0 : static_cast<std::size_t>(after - leaves_.begin()) - 1;
    const Leaf& entries = *leaves_[leaf];
    const auto at = std::lower_bound(
        entries.begin(), entries.end(), name,
        [](const auto& entry, std::string_view wanted) { return std::string_view(entry->first) < wanted; });
    return {leaf, static_cast<std::size_t>(at - entries.begin()), at != entries.end() && (*at)->first == name};
  }

  Leaf& own_leaf(std::size_t index) {
    std::shared_ptr<Leaf>& leaf = leaves_[index];
    if (is_shared(leaf)) leaf = std::make_shared<Leaf>(*leaf);
    return *leaf;
  }

  bool put(std::shared_ptr<value_type> entry) {
    const Place place = place_of(entry->first);
    if (place.found) {
      own_leaf(place.leaf)[place.at] = std::move(entry);
    } else {
      insert(place, std::move(entry));
    }
    return !place.found;
  }

  value_type* insert(Place place, std::shared_ptr<value_type> entry) {
    value_type* const inserted = entry.get();
    if (leaves_.empty()) leaves_.push_back(std::make_shared<Leaf>());
    Leaf& leaf = own_leaf(place.leaf);
    leaf.insert(leaf.begin() + static_cast<std::ptrdiff_t>(place.at), std::move(entry));
    ++size_;
    if (leaf.size() > kLargestLeaf) {
      // Names that come in order fill their leaves.
      const bool at_end = place.leaf + 1 == leaves_.size() && place.at + 1 == leaf.size();
      const auto middle = leaf.begin() + static_cast<std::ptrdiff_t>(at_end ? leaf.size() - 1 : leaf.size() / 2);
      auto second = std::make_shared<Leaf>(std::make_move_iterator(middle), std::make_move_iterator(leaf.end()));
      leaf.erase(middle, leaf.end());
      leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(place.leaf) + 1, std::move(second));
    }
    return inserted;
  }

  std::vector<std::shared_ptr<Leaf>> leaves_;  // none is empty
  std::size_t size_ = 0;
};

}  // namespace tandem::format
