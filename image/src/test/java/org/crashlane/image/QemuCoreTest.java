// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.MappedImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A core that QEMU wrote, read here and by binutils, and compared with QEMU's own raw memory. */
@Timeout(120)
final class QemuCoreTest {
  private static final int PAGE = 4096;
  private static final long GUEST_BYTES = 64L << 20;
  private static final Pattern LOAD =
      Pattern.compile("LOAD +(0x\\w+) 0x\\w+ (0x\\w+) (0x\\w+) (0x\\w+) .*");
  private static final Pattern NOTE = Pattern.compile(" +(CORE|QEMU) +0x(\\w+).*");

  @TempDir private Path folder;

  private static boolean isInstalled(String program) {
    return List.of(System.getenv("PATH").split(":")).stream()
        .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
  }

  @Test
  void qemusOwnCoreReadsAsReadelfReadsItAndHoldsTheGuestsMemory() throws Exception {
    assumeTrue(isInstalled("qemu-system-x86_64"), "qemu-system-x86_64 is not installed");
    assumeTrue(isInstalled("readelf"), "readelf is not installed");
    Path core = folder.resolve("guest.elf");
    Path raw = folder.resolve("guest.raw");
    dump(core, raw);
    List<String> lines = readelf(core);
    try (ElfCore opened = ElfCore.open(core);
        MappedImage memory = MappedImage.openRaw(raw)) {
      assertEquals(List.of(), opened.problems());
      assertEquals(readelfRanges(lines), opened.readable());
      assertEquals(readelfNotes(lines), ourNotes(opened));
      // Above the first MiB no ROM overlays the memory.
      PageComparison comparison =
          PageComparison.of(
              opened.memory(),
              memory,
              LongStream.range(256, GUEST_BYTES / PAGE).map(p -> p * PAGE).boxed().toList(),
              PAGE);
      assertEquals(0, comparison.differentCount() + comparison.absentCount(), comparison::toString);
      assertTrue(comparison.equalCount() >= 16, comparison::toString);
    }
  }

  /** {@return the segments as readelf prints them, neighbours joined} */
  private static List<AddressRange> readelfRanges(List<String> lines) {
    List<AddressRange> ranges = new ArrayList<>();
    for (String line : lines) {
      Matcher load = LOAD.matcher(line.strip());
      if (load.matches()) {
        assertEquals(load.group(3), load.group(4), "QEMU leaves nothing out");
        AddressRange next =
            AddressRange.ofSize(Long.decode(load.group(2)), Long.decode(load.group(3)));
        boolean continues = !ranges.isEmpty() && ranges.getLast().last() + 1 == next.first();
        ranges.add(continues ? new AddressRange(ranges.removeLast().first(), next.last()) : next);
      }
    }
    assertTrue(ranges.size() > 1, lines::toString);
    return ranges;
  }

  private static List<String> readelfNotes(List<String> lines) {
    return lines.stream()
        .map(NOTE::matcher)
        .filter(Matcher::matches)
        .map(note -> note.group(1) + " " + Integer.parseInt(note.group(2), 16))
        .toList();
  }

  private static List<String> ourNotes(ElfCore core) {
    return core.notes().stream().map(n -> n.name() + " " + n.descriptor().limit()).toList();
  }

  private List<String> readelf(Path core) throws Exception {
    Path output = folder.resolve("readelf.txt");
    Process readelf =
        new ProcessBuilder("readelf", "-lnW", core.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(readelf.waitFor(30, TimeUnit.SECONDS));
    return Files.readAllLines(output);
  }

  /** Starts a guest that does not run, with a pattern in its memory, and has it dumped. */
  private void dump(Path core, Path raw) throws Exception {
    Path pattern = Files.write(folder.resolve("pattern"), CoreBuilder.pattern(16 * PAGE, 3));
    List<String> command = new ArrayList<>();
    command.addAll(List.of("qemu-system-x86_64", "-S", "-accel", "tcg", "-M", "q35"));
    command.addAll(List.of("-m", "64M", "-smp", "2", "-nodefaults", "-display", "none"));
    command.addAll(List.of("-qmp", "stdio", "-device"));
    command.add("loader,force-raw=on,addr=0x1000000,file=" + pattern);
    Process qemu =
        new ProcessBuilder(command).redirectError(folder.resolve("qemu.log").toFile()).start();
    try (BufferedReader answers = qemu.inputReader();
        Writer commands = qemu.outputWriter()) {
      answers.readLine();
      ask(commands, answers, "{'execute': 'qmp_capabilities'}");
      ask(
          commands,
          answers,
          "{'execute': 'dump-guest-memory', 'arguments': {'paging': false, 'protocol': 'file:%s'}}"
              .formatted(core));
      ask(
          commands,
          answers,
          "{'execute': 'pmemsave', 'arguments': {'val': 0, 'size': %d, 'filename': '%s'}}"
              .formatted(GUEST_BYTES, raw));
      ask(commands, answers, "{'execute': 'quit'}");
      assertTrue(qemu.waitFor(30, TimeUnit.SECONDS), "QEMU does not end");
    } finally {
      qemu.destroyForcibly().waitFor();
    }
  }

  private void ask(Writer commands, BufferedReader answers, String command) throws IOException {
    commands.write(command + "\n");
    commands.flush();
    String answer = answers.readLine();
    while (answer != null && answer.contains("\"event\"")) {
      answer = answers.readLine();
    }
    assertTrue(
        answer != null && answer.contains("\"return\""),
        command + ": " + answer + Files.readString(folder.resolve("qemu.log")));
  }
}
