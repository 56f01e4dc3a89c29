// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.fault;

/**
 * What gave a mistake away.
 *
 * @param by how it was found
 * @param machine on which machine
 * @param seed of the crash; 0 for the explorer, which has none
 * @param step of the run; for tables that of the panic; 0 where the run had no end
 * @param evidence what was seen
 */
public record Detection(By by, String machine, long seed, long step, String evidence) {

  /** The ways to find a mistake. */
  public enum By {
    /** A random crash, in which something was violated. */
    CRASH,
    /** The rule's verdict on the tables at the panic. */
    TABLES,
    /** The mapping driver itself: it was led to where no memory is. */
    DRIVER,
    /** The explorer, in a shortest way. */
    EXPLORER
  }

  @Override
  public String toString() {
    return switch (by) {
      case CRASH -> "crash of %s, seed %d, step %d: %s".formatted(machine, seed, step, evidence);
      case TABLES -> "tables of %s, seed %d, step %d: %s".formatted(machine, seed, step, evidence);
      case DRIVER -> "mapping driver of %s, seed %d: %s".formatted(machine, seed, evidence);
      case EXPLORER -> "explorer on %s, after %d steps: %s".formatted(machine, step, evidence);
    };
  }
}
