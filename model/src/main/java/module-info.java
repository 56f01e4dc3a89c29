// SPDX-License-Identifier: Apache-2.0
/** A bit-accurate machine to crash: its kernels write bytes, its hardware reads them. */
module org.crashlane.model {
  requires org.snakeyaml.engine;
  requires transitive org.crashlane.core;

  exports org.crashlane.model.crash;
  exports org.crashlane.model.explore;
  exports org.crashlane.model.fault;
  exports org.crashlane.model.hardware;
  exports org.crashlane.model.kernel;
  exports org.crashlane.model.mode;
  exports org.crashlane.model.modes;
  exports org.crashlane.model.spec;
  exports org.crashlane.model.spec.file;
  exports org.crashlane.model.stage;
}
