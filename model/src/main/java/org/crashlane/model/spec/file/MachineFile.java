// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.crashlane.model.kernel.NoFrameException;
import org.crashlane.model.spec.MachineSpec;

/**
 * Machines as files, in YAML or JSON (which is YAML). What the fields are stands in {@link
 * #schema}, and with reasons in the built-in machines.
 *
 * <p>Every mistake is told with its line, its column and the way to the field. What is read is a
 * machine that the model can run: memory, crash ranges, registers and apertures are in line, every
 * name is known. It may still be one that breaks the rule: that is what rehearsals are for.
 */
public final class MachineFile {
  /** More than any machine needs. */
  private static final int SIZE_LIMIT_BYTES = 1 << 20;

  private static final Yaml.Place START = new Yaml.Place(1, 1);

  private MachineFile() {}

  /**
   * {@return the machine that {@code file} describes, which a kernel can start}
   *
   * @param start starts the machine's kernel; a {@link NoFrameException} of it is a mistake in the
   *     file
   * @throws MachineFileException if it describes none, or one that cannot start
   * @throws IOException if it cannot be read
   */
  public static MachineSpec read(Path file, Consumer<MachineSpec> start) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(SIZE_LIMIT_BYTES + 1);
      if (bytes.length > SIZE_LIMIT_BYTES) {
        throw wrong(
            file.toString(), "larger than " + (SIZE_LIMIT_BYTES >> 10) + " KiB: no machine is");
      }
      Path folder = file.toAbsolutePath().getParent();
      return read(file.toString(), text(file.toString(), bytes), folder, start);
    }
  }

  /**
   * {@return the machine that {@code text} describes}
   *
   * @param source what messages call the text
   * @throws MachineFileException if it describes none
   */
  public static MachineSpec read(String source, String text) {
    return read(
        source,
        text,
        Path.of(""),
        _ -> {
          // Not started.
        });
  }

  private static MachineSpec read(
      String source, String text, Path folder, Consumer<MachineSpec> start) {
    if (text.length() > SIZE_LIMIT_BYTES) {
      throw wrong(source, "longer than " + SIZE_LIMIT_BYTES + " characters: no machine is");
    }
    Value whole = new Value(source, "", YamlReader.read(source, text));
    MachineSpec machine = new MachineReader(whole, folder).machine();
    try {
      start.accept(machine);
    } catch (NoFrameException e) {
      throw whole.nearest(e.room().field()).wrong("the machine cannot start: " + e.getMessage());
    }
    return machine;
  }

  /** {@return the JSON Schema of machine files, for editors and for checks without crashlane} */
  public static String schema() {
    return Resource.text("machine.schema.json");
  }

  private static String text(String source, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw wrong(source, "not a text in UTF-8");
    }
  }

  private static MachineFileException wrong(String source, String reason) {
    return new MachineFileException(source, START.line(), START.column(), "", reason);
  }
}
