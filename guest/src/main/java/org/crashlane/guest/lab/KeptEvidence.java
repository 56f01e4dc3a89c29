// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.image.ElfCore;
import org.crashlane.rehearsal.DumpOutcome;

/** What a rehearsal leaves behind where it is asked to: consoles, trace, registers, dump. */
final class KeptEvidence {
  private static final String PRIMARY_CONSOLE = "console-primary.log";
  private static final String CAPTURE_CONSOLE = "console-capture.log";
  private static final String TRACE = "iommu.trace";
  private static final String REGISTERS = "iommu-registers.txt";

  /** The dump, as it could have been copied from {@code /proc/vmcore}. */
  private static final String DUMP = "vmcore";

  /** All of the disk, where what stands on it is not a sound dump. */
  private static final String DISK = "dump-disk.raw";

  private static final int BLOCK_BYTES = 1 << 20;

  private KeptEvidence() {}

  /** Removes what an earlier rehearsal of the same kind has left in {@code folder}. */
  static void clear(Path folder) throws IOException {
    List<String> names =
        List.of(
            PRIMARY_CONSOLE,
            CAPTURE_CONSOLE,
            TRACE,
            REGISTERS,
            DUMP,
            DISK,
            KeepDirectory.VERDICT_TEXT,
            KeepDirectory.VERDICT_JSON);
    for (String name : names) {
      Files.deleteIfExists(folder.resolve(name));
    }
  }

  /**
   * Writes it all into {@code folder}; of a disk without a dump there is nothing to keep. The small
   * files come first: where a disk is full they say most.
   */
  static void write(Path folder, LabEvidence evidence, DumpOutcome dump) throws IOException {
    writeLines(folder.resolve(PRIMARY_CONSOLE), evidence.primaryConsole());
    writeLines(folder.resolve(CAPTURE_CONSOLE), evidence.captureConsole());
    writeLines(
        folder.resolve(REGISTERS),
        List.of("before the crash: " + evidence.atReady(), "at the end: " + evidence.atEnd()));
    List<String> trace = new ArrayList<>(evidence.trace().before());
    trace.add("-- the panic --");
    trace.addAll(evidence.trace().after());
    writeLines(folder.resolve(TRACE), trace);
    Path disk = evidence.disk().file();
    switch (dump) {
      case DumpOutcome.Written _, DumpOutcome.WrittenBut _ ->
          KeepDirectory.write(folder.resolve(DUMP), to -> writeDump(disk, to));
      case DumpOutcome.Damaged _, DumpOutcome.Unread _ ->
          KeepDirectory.write(folder.resolve(DISK), to -> copySparsely(disk, to, Files.size(disk)));
      case DumpOutcome.Missing _, DumpOutcome.NoRoom _ -> {}
    }
  }

  /** Writes what there is of a run that did not come to its end. */
  static void write(Path folder, LabException failure) throws IOException {
    writeLines(folder.resolve(PRIMARY_CONSOLE), failure.console());
  }

  private static void writeLines(Path file, List<String> lines) throws IOException {
    KeepDirectory.write(file, to -> Files.write(to, lines));
  }

  /** Copies the core that begins {@code disk}, and nothing of what stands behind it. */
  static void writeDump(Path disk, Path to) throws IOException {
    long sizeBytes;
    try (ElfCore core = ElfCore.open(disk)) {
      sizeBytes = core.sizeBytes();
    }
    copySparsely(disk, to, sizeBytes);
  }

  /** The disk is mostly a hole, and its copy shall be one too. */
  static void copySparsely(Path from, Path to, long sizeBytes) throws IOException {
    try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
      ByteBuffer zeros = ByteBuffer.allocate(BLOCK_BYTES);
      for (long at = 0; at < sizeBytes; at += BLOCK_BYTES) {
        block.clear().limit((int) Math.min(BLOCK_BYTES, sizeBytes - at));
        while (block.hasRemaining() && in.read(block, at + block.position()) >= 0) {
          // until the block is full or the file ends
        }
        block.flip();
        boolean last = sizeBytes - at <= BLOCK_BYTES;
        if (last || !block.equals(zeros.slice(0, block.limit()))) {
          writeAll(out, block, at);
        }
      }
    }
  }

  private static void writeAll(FileChannel out, ByteBuffer block, long at) throws IOException {
    long offset = at;
    while (block.hasRemaining()) {
      offset += out.write(block, offset);
    }
  }
}
