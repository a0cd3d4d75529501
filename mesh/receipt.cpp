#include <mesh/receipt.hpp>

#include <mesh/io/clock.hpp>
#include <mesh/io/publisher/receipt_board.hpp>

namespace mesh {

Result<Seq> Receipt::wait(Duration timeout) const {
  return board_->wait(seq_, io::deadline_after(timeout));
}

std::optional<Result<Seq>> Receipt::poll() const {
  return board_->poll(seq_);
}

}  // namespace mesh
