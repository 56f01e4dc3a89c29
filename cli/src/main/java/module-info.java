// SPDX-License-Identifier: Apache-2.0
/** The command line. */
module org.crashlane.cli {
  requires info.picocli;
  requires org.crashlane.core;
  requires org.crashlane.guest;
  requires org.crashlane.model;
  requires org.crashlane.report;

  // picocli sets annotated fields by reflection.
  opens org.crashlane.cli to
      info.picocli;
}
