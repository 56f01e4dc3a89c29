// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.io.IOException;
import java.nio.file.Path;
import org.crashlane.memory.MappedImage;

/**
 * A process that arms, or disarms, an image and comes to a standstill at a given store, to be
 * killed there: {@code arm|disarm IMAGE JOURNAL_DIRECTORY STORE_COUNT}.
 */
public final class KilledHand {
  /** What it prints when it stands. */
  static final String STANDING = "standing";

  private KilledHand() {}

  /** Works until the given number of stores is made. */
  public static void main(String[] arguments) throws IOException {
    Path image = Path.of(arguments[1]);
    int standAt = Integer.parseInt(arguments[3]);
    try (MappedImage mapped = MappedImage.openForWriting(image, KillTest.wholeImage())) {
      Target target = Target.ofFile(image);
      StoreHook memory = new StoreHook(mapped, new Standstill(standAt));
      VtdMachine machine = VtdMachine.in(memory);
      MemoryHand hand = new MemoryHand(target, memory, machine.tables(), Path.of(arguments[2]));
      if (arguments[0].equals("arm")) {
        PlanResult plan = machine.plan(VtdMachine.request(target));
        hand.arm(((PlanResult.Planned) plan).plan());
      } else {
        hand.disarm();
      }
    }
  }

  /** Comes to a standstill when so many stores are made: none, before the first. */
  private static final class Standstill implements StoreHook.Listener {
    private final int standAt;
    private int madeCount;

    Standstill(int standAt) {
      this.standAt = standAt;
    }

    @Override
    public void storing() {
      if (madeCount == standAt) {
        stand();
      }
    }

    @Override
    public void stored(long address, long value) {
      madeCount++;
      storing();
    }
  }

  private static void stand() {
    System.out.println(STANDING);
    System.out.flush();
    try {
      Thread.sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
