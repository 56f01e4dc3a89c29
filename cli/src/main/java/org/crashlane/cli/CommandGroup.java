// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that does nothing but hold others. */
abstract class CommandGroup implements Callable<Integer> {
  final Terminal terminal;

  @Spec private CommandSpec spec;

  CommandGroup(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Without a command: says what there is. */
  @Override
  public final Integer call() {
    spec.commandLine().usage(terminal.err());
    return ExitCode.BAD_INPUT.number();
  }
}
