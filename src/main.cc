#include "app/command/command_line.h"

int main(int argc, char** argv) { return tandem::command::run_command_line({argv + 1, argv + argc}); }
