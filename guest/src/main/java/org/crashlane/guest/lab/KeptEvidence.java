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

/** What a rehearsal leaves behind where it is asked to: consoles, trace, dump disk. */
final class KeptEvidence {
  private static final int BLOCK_BYTES = 1 << 20;

  private KeptEvidence() {}

  /** Writes it all into {@code folder}, which is made where it is missing. */
  static void write(Path folder, LabEvidence evidence) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("console-primary.log"), evidence.primaryConsole());
    Files.write(folder.resolve("console-capture.log"), evidence.captureConsole());
    List<String> trace = new ArrayList<>(evidence.trace().before());
    trace.add("-- the panic --");
    trace.addAll(evidence.trace().after());
    Files.write(folder.resolve("iommu.trace"), trace);
    copySparsely(evidence.disk(), folder.resolve("dump-disk.raw"));
  }

  /** The disk is mostly a hole, and its copy shall be one too. */
  private static void copySparsely(Path from, Path to) throws IOException {
    try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
        FileChannel out =
            FileChannel.open(
                to,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
      ByteBuffer zeros = ByteBuffer.allocate(BLOCK_BYTES);
      for (long at = 0; at < in.size(); at += BLOCK_BYTES) {
        block.clear();
        while (block.hasRemaining() && in.read(block, at + block.position()) >= 0) {
          // until the block is full or the file ends
        }
        block.flip();
        if (!block.equals(zeros.slice(0, block.limit()))) {
          out.write(block, at);
        }
      }
    }
  }
}
