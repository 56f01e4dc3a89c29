// SPDX-License-Identifier: Apache-2.0
/** Verdicts as text and JSON. */
module org.crashlane.report {
  requires transitive org.crashlane.core;
  requires transitive tools.jackson.databind;

  exports org.crashlane.report;
}
