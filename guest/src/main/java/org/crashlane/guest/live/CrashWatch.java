// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.UnitState;
import org.crashlane.memory.AddressRange;

/**
 * Waits until a guest's kernel is dead and its capture kernel runs, without the guest's help and,
 * as long as it lives, without its knowledge.
 *
 * <p>What is reserved for a capture kernel stays as it is from the moment it was loaded until the
 * crash. Some words of it are read again and again, from the memory's file; that costs the guest
 * nothing. When one has changed, QEMU is asked for the processors' page tables: the capture
 * kernel's lie in the crash range. A capture kernel that was loaded anew changes words too, and no
 * more comes of it than that question. Once a second QEMU is asked in any case.
 */
public final class CrashWatch implements AutoCloseable {
  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final long LOOK_EVERY_NANOS = 20 * NANOS_PER_MILLI;
  private static final long ASK_EVERY_NANOS = 1000 * NANOS_PER_MILLI;

  /** After a change QEMU is asked each time, for that long after the last change. */
  private static final long RESTLESS_NANOS = 3000 * NANOS_PER_MILLI;

  /** A search reads all of the guest's memory: it shall take a twentieth of the time at most. */
  private static final long SEARCH_EVERY_NANOS = 5000 * NANOS_PER_MILLI;

  private static final int SEARCH_SHARE = 20;

  /** A disk driver of a capture kernel does not start sooner. */
  private static final long LATE_NANOS = 1000 * NANOS_PER_MILLI;

  /** A decompressed kernel covers several of them in the largest crash range. */
  private static final int SAMPLED_WORDS = 512;

  private final LiveGuest guest;
  private final SparingReader memory;
  private final List<AddressRange> given;
  private final Consumer<String> progress;

  private List<CaptureImage> images = List.of();
  private UnitState unit;
  private long[] addresses = {};
  private long[] words = {};
  private long askedNanos;
  private long lookedNanos;
  private long changedNanos;
  private long searchedNanos;
  private long searchTookNanos;
  private boolean restless;

  private CrashWatch(
      LiveGuest guest, SparingReader memory, List<AddressRange> given, Consumer<String> progress)
      throws IOException {
    this.guest = guest;
    this.memory = memory;
    this.given = List.copyOf(given);
    this.progress = progress;
    this.unit = guest.unitState();
  }

  /**
   * Begins to watch: looks for the capture kernel.
   *
   * @param given the crash ranges, if they are known; they are looked for if this is empty
   * @param progress told what is seen, now and then
   */
  public static CrashWatch of(LiveGuest guest, List<AddressRange> given, Consumer<String> progress)
      throws IOException {
    SparingReader memory = guest.sparingReader();
    try {
      CrashWatch watch = new CrashWatch(guest, memory, given, progress);
      watch.search();
      return watch;
    } catch (IOException | RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /**
   * A capture kernel that runs.
   *
   * @param crashRanges what was reserved for it
   * @param late true if nobody had looked for seconds before: it ran already when the watch began,
   *     or the watch itself had been kept from running
   * @param before the IOMMU's registers as they were seen last while the guest lived; as they were
   *     when the watch began, if it was dead by then
   * @param noticedNanos when it was noticed, by {@link System#nanoTime}
   */
  public record Crash(
      List<AddressRange> crashRanges, boolean late, UnitState before, long noticedNanos) {
    public Crash {
      crashRanges = List.copyOf(crashRanges);
    }
  }

  /**
   * Waits for the crash.
   *
   * @param limit for how long
   * @return what was noticed; nothing if the guest lives on
   * @throws IOException if QEMU ends, or its memory cannot be read
   */
  public Optional<Crash> await(Duration limit) throws IOException {
    long startNanos = System.nanoTime();
    Optional<Crash> crash = ask(true);
    lookedNanos = System.nanoTime();
    while (crash.isEmpty() && System.nanoTime() - startNanos < limit.toNanos()) {
      pause();
      crash = look();
    }
    return crash;
  }

  /** {@return memory of the guest that new table pages may go to once it has crashed} */
  public SpareMemory spareMemory() {
    return new SpareMemory(memory);
  }

  private Optional<Crash> look() throws IOException {
    long now = System.nanoTime();
    boolean late = now - lookedNanos >= LATE_NANOS;
    if (guest.qmp().takeEvent("RESET").isPresent()) {
      // Another kernel boots: its crash range may be another one.
      images = List.of();
    }
    if (isChanged()) {
      changedNanos = now;
      restless = true;
    }
    if (restless || now - askedNanos >= ASK_EVERY_NANOS) {
      Optional<Crash> crash = ask(late);
      if (crash.isPresent()) {
        return crash;
      }
    }
    boolean settled = restless && now - changedNanos >= RESTLESS_NANOS;
    boolean due =
        now - searchedNanos >= Math.max(SEARCH_EVERY_NANOS, SEARCH_SHARE * searchTookNanos);
    if (settled || (images.isEmpty() && due)) {
      restless = false;
      search();
    }
    lookedNanos = now;
    return Optional.empty();
  }

  /** Looks for capture kernels, and reads the words that are watched. */
  private void search() throws IOException {
    long start = System.nanoTime();
    // A capture kernel that is loaded anew is where the one before was.
    List<CaptureImage> found = CaptureImage.findIn(memory, ranges());
    if (found.isEmpty() && given.isEmpty()) {
      found = CaptureImage.findAll(memory);
    }
    searchedNanos = System.nanoTime();
    searchTookNanos = searchedNanos - start;
    if (!found.equals(images) || addresses.length == 0) {
      progress.accept(words(found));
    }
    images = found;
    unit = guest.unitState();
    addresses = sampled(images.isEmpty() ? List.of() : ranges());
    words = new long[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      words[i] = memory.word(addresses[i]);
    }
  }

  private static String words(List<CaptureImage> found) {
    return found.isEmpty()
        ? "no capture kernel is loaded"
        : "a capture kernel waits in " + found.getFirst().crashRanges();
  }

  private List<AddressRange> ranges() {
    return given.isEmpty()
        ? images.stream().flatMap(i -> i.crashRanges().stream()).distinct().sorted().toList()
        : given;
  }

  private static long[] sampled(List<AddressRange> ranges) {
    long[] addresses = new long[SAMPLED_WORDS * ranges.size()];
    int count = 0;
    for (AddressRange range : ranges) {
      long step = Alignment.down(range.sizeBytes() / SAMPLED_WORDS, Long.BYTES);
      for (int i = 0; i < SAMPLED_WORDS && step > 0; i++) {
        addresses[count++] = Alignment.up(range.first(), Long.BYTES) + i * step;
      }
    }
    return Arrays.copyOf(addresses, count);
  }

  private boolean isChanged() throws IOException {
    boolean changed = false;
    for (int i = 0; i < addresses.length; i++) {
      long word = memory.word(addresses[i]);
      changed |= word != words[i];
      words[i] = word;
    }
    return changed;
  }

  /** Asks QEMU whose page tables the processors use. */
  private Optional<Crash> ask(boolean late) throws IOException {
    List<Long> roots = guest.pageTableRoots();
    askedNanos = System.nanoTime();
    for (long root : roots) {
      for (CaptureImage image : imagesAround(root)) {
        if (PageTables.lieIn(image.crashRanges(), root, guest.memory())) {
          return Optional.of(new Crash(image.crashRanges(), late, unit, askedNanos));
        }
      }
    }
    return Optional.empty();
  }

  /** A given range is believed for what it is once the header of a capture kernel stands in it. */
  private List<CaptureImage> imagesAround(long root) throws IOException {
    List<CaptureImage> around = new ArrayList<>();
    if (ranges().stream().anyMatch(range -> range.contains(root))) {
      List<CaptureImage> now = CaptureImage.findIn(memory, ranges());
      for (CaptureImage image : now) {
        if (image.crashRanges().stream().anyMatch(range -> range.contains(root))) {
          around.add(image);
        }
      }
    }
    return around;
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(Duration.ofNanos(LOOK_EVERY_NANOS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while watching", e);
    }
  }

  @Override
  public void close() throws IOException {
    memory.close();
  }
}
