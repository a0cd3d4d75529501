// Keeps memory that comes and goes in large blocks from being given back to the system each time.
#pragma once

namespace mesh::io {

/// Batches are blocks of up to about 256 KiB, hundreds per second, often freed by another thread than the one
/// that asked for them. As it starts, glibc's malloc fetches each such block from the system and returns it,
/// so that every page of it is faulted in anew, which costs several times what is done with it. Once a larger
/// block was freed it keeps them (it adapts to what it has seen, unless the service has set its own limits by
/// mallopt). This frees one, once per process. Cheap; any thread.
void keep_large_blocks();

}  // namespace mesh::io
