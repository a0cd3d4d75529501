#include <tools/zmesh/command.hpp>

int main(int argc, char** argv) {
  return zmesh::run(argc, argv);
}
