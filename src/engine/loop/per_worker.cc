#include "engine/loop/per_worker.h"

namespace tandem::loop {

namespace {

std::size_t count_of_workers = 1;
thread_local std::size_t index_of_this_worker = 0;

}  // namespace

void set_worker_count(std::size_t count) { count_of_workers = count; }
std::size_t worker_count() { return count_of_workers; }
std::size_t worker_index() { return index_of_this_worker; }
void set_worker_index(std::size_t index) { index_of_this_worker = index; }

}  // namespace tandem::loop
