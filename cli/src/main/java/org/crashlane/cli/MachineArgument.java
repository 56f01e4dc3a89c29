// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.crashlane.model.spec.MachineSpec;
import org.crashlane.model.spec.file.BuiltInMachines;
import org.crashlane.model.spec.file.MachineFile;
import org.crashlane.model.spec.file.NearestName;
import org.crashlane.model.stage.ModelStage;

/** Machines as users name them on the command line. */
final class MachineArgument {
  private MachineArgument() {}

  /**
   * {@return the built-in machine called {@code text}, or the one in the file of that name}
   *
   * @throws IOException if there is a file that cannot be read
   * @throws IllegalArgumentException if there is neither
   */
  static MachineSpec read(String text) throws IOException {
    Optional<MachineSpec> builtIn = BuiltInMachines.find(text);
    if (builtIn.isPresent()) {
      return builtIn.get();
    }
    if (text.isEmpty()) {
      throw new IllegalArgumentException(
          "'' is no machine: expected a machine's file, or one of 'crashlane machines'");
    }
    Path file = Path.of(text);
    Optional<Meant> meant =
        Meant.of(text)
            .filter(m -> m.kind() != Meant.Kind.MACHINE_FILE)
            .filter(m -> m.isNoMachineFile() || !Files.exists(file));
    if (meant.isPresent()) {
      throw new IllegalArgumentException(meant.get().question(text));
    }
    if (!Files.exists(file) && !text.contains(".") && !text.contains("/")) {
      throw new IllegalArgumentException(
          "'%s' is neither a file nor a built-in machine: %s"
              .formatted(text, NearestName.choices(text, BuiltInMachines.names())));
    }
    if (Files.isDirectory(file)) {
      throw new IOException(text + ": is a directory, not a machine's file");
    }
    return MachineFile.read(file, ModelStage::start);
  }
}
