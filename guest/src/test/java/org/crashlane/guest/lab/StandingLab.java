// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Scenario;
import org.crashlane.rehearsal.Strategy;

/** A program that boots a guest, says where its files are, and stands until it is told to stop. */
final class StandingLab {
  private StandingLab() {}

  /** No arguments. */
  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    try (LabRun run =
        LabRun.of(
            TestParts.orSkip(),
            GuestConfig.defaults(),
            Scenario.of(MappingMode.VTD, Strategy.NONE))) {
      run.execute(
          guest -> {
            Path memory = guest.live().memoryFile();
            Path socket = guest.live().qmp().socket();
            long qemu = Long.parseLong(Files.readString(socket.resolveSibling(LeftOvers.PID)));
            Path disk = socket.resolveSibling("disk.img");
            out.println("standing " + disk + " " + memory + " " + qemu);
            out.flush();
            standForEver();
          },
          phase -> {});
    }
  }

  private static void standForEver() throws IOException {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }
}
