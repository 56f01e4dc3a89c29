// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.crashlane.bits.Alignment;
import org.crashlane.iommu.UnitState;
import org.crashlane.memory.AddressRange;
import org.crashlane.rule.Evidence;
import org.crashlane.rule.Evidence.Fact;
import org.crashlane.rule.Sighting.FaultsRecorded;

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
  /** QEMU's word for a guest that is off (RunState in qapi/run-state.json). */
  private static final String SHUT_DOWN = "shutdown";

  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final long LOOK_EVERY_NANOS = 20 * NANOS_PER_MILLI;
  private static final long ASK_EVERY_NANOS = 1000 * NANOS_PER_MILLI;

  /**
   * Faults of a living guest are no sign of a crash: the mark is renewed. Seldom, since a look at a
   * register just behind a panic would pass for the capture kernel's in a trace of QEMU's.
   */
  private static final long MARK_EVERY_NANOS = 60_000 * NANOS_PER_MILLI;

  /** After a change QEMU is asked each time, for that long after the last change. */
  private static final long RESTLESS_NANOS = 3000 * NANOS_PER_MILLI;

  /** A search reads all of the guest's memory: it shall take a twentieth of the time at most. */
  private static final long SEARCH_EVERY_NANOS = 5000 * NANOS_PER_MILLI;

  private static final int SEARCH_SHARE = 20;

  /** Of the device pvpanic (qapi/run-state.json in QEMU's sources). */
  private static final List<String> PANIC_EVENTS = List.of("GUEST_CRASHLOADED", "GUEST_PANICKED");

  /** Of memory that comes and goes: qapi/acpi.json and qapi/machine.json in QEMU's sources. */
  private static final List<String> MEMORY_EVENTS =
      List.of("ACPI_DEVICE_OST", "MEMORY_DEVICE_SIZE_CHANGE");

  /** A disk driver of a capture kernel does not start sooner. */
  private static final long LATE_NANOS = 1000 * NANOS_PER_MILLI;

  /** A decompressed kernel covers several of them in a crash range of a GiB. */
  private static final int SAMPLED_WORDS = 128;

  private final LiveGuest guest;
  private final SparingReader memory;
  private final List<AddressRange> given;
  private final Consumer<String> progress;

  private List<CaptureImage> images = List.of();
  private UnitState unit;
  private long faultMark;
  private long markedNanos;
  private long[] addresses = {};
  private long[] words = {};
  private long askedNanos;
  private long lookedNanos;
  private long changedNanos;
  private long searchedNanos;
  private long searchTookNanos;
  private boolean restless;
  private boolean shutDown;
  private boolean crashedBefore;
  private boolean memoryChanged;

  private CrashWatch(
      LiveGuest guest, SparingReader memory, List<AddressRange> given, Consumer<String> progress)
      throws IOException {
    this.guest = guest;
    this.memory = memory;
    this.given = List.copyOf(given);
    this.progress = progress;
    this.unit = guest.unitState();
    this.faultMark = guest.faultMark();
    this.markedNanos = System.nanoTime();
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
      watch.lookBack();
      return watch;
    } catch (IOException | RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /** A guest that is off stays so, and says no more. */
  private void lookBack() throws IOException {
    shutDown = guest.qmp().status().equals(SHUT_DOWN);
    for (CaptureImage image : images) {
      crashedBefore |= image.hasRun(memory);
    }
    if (crashedBefore) {
      progress.accept(
          "the guest crashed before the watch began; where its capture kernel is gone, waits for"
              + " the next one");
    }
  }

  /**
   * A capture kernel that runs.
   *
   * @param crashRanges what was reserved for it
   * @param lateSigns why it may be too late; empty if nothing speaks for that
   * @param before the IOMMU's registers as they were seen last while the guest lived; as they were
   *     when the watch began, if it was dead by then
   * @param noticedNanos when it was noticed, by {@link System#nanoTime}
   */
  public record Crash(
      List<AddressRange> crashRanges,
      List<Evidence> lateSigns,
      UnitState before,
      long noticedNanos) {
    public Crash {
      crashRanges = List.copyOf(crashRanges);
      lateSigns = List.copyOf(lateSigns);
    }

    /** {@return this crash with further signs that it may be too late} */
    Crash withSigns(List<Evidence> further) {
      List<Evidence> all = Stream.concat(lateSigns.stream(), further.stream()).toList();
      return new Crash(crashRanges, all, before, noticedNanos);
    }
  }

  /**
   * Waits for the crash.
   *
   * @param limit for how long
   * @return what was noticed; nothing if the guest lives on, {@link #isShutDown}, or has other
   *     memory now ({@link #isMemoryChanged})
   * @throws IOException if QEMU ends, or its memory cannot be read
   */
  public Optional<Crash> await(Duration limit) throws IOException {
    long startNanos = System.nanoTime();
    Optional<Crash> crash = shutDown ? Optional.empty() : ask(true);
    lookedNanos = System.nanoTime();
    while (crash.isEmpty() && !isOver() && System.nanoTime() - startNanos < limit.toNanos()) {
      pause();
      crash = look();
    }
    return crash;
  }

  private boolean isOver() {
    return shutDown || memoryChanged;
  }

  /** {@return true if memory was plugged in or taken out: it has to be attached to anew} */
  boolean isMemoryChanged() {
    return memoryChanged;
  }

  /** {@return true if the guest was or is shut down, and no crash was noticed} */
  public boolean isShutDown() {
    return shutDown;
  }

  /** {@return true if there are signs that the guest had crashed when the watch began} */
  public boolean hasCrashedBefore() {
    return crashedBefore;
  }

  /** {@return memory of the guest that new table pages may go to once it has crashed} */
  public SpareMemory spareMemory() {
    return new SpareMemory(
        memory,
        images.stream().flatMap(image -> image.header().memory().stream()).distinct().toList());
  }

  private Optional<Crash> look() throws IOException {
    long now = System.nanoTime();
    boolean late = now - lookedNanos >= LATE_NANOS;
    boolean reset = guest.qmp().takeEvent("RESET").isPresent();
    if (reset) {
      // Another kernel boots: its crash range may be another one.
      images = List.of();
      progress.accept("the guest was reset; waits for its next capture kernel");
    }
    shutDown = guest.qmp().takeEvent("SHUTDOWN").isPresent() && !guest.qmp().isRunning();
    boolean said = hasSaidSo();
    if (isChanged() || said) {
      changedNanos = now;
      restless = true;
    }
    if (restless || now - askedNanos >= ASK_EVERY_NANOS) {
      Optional<Crash> crash = ask(late);
      if (crash.isPresent()) {
        return crash;
      }
      if (!restless && now - markedNanos >= MARK_EVERY_NANOS) {
        faultMark = guest.faultMark();
        markedNanos = now;
      }
    }
    boolean plugged =
        MEMORY_EVENTS.stream().anyMatch(event -> guest.qmp().takeEvent(event).isPresent());
    boolean settled = restless && now - changedNanos >= RESTLESS_NANOS;
    boolean due =
        now - searchedNanos >= Math.max(SEARCH_EVERY_NANOS, SEARCH_SHARE * searchTookNanos);
    if (settled || plugged || reset) {
      memoryChanged = guest.isMemoryChanged();
    }
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
        ? "no capture kernel that crashlane recognises is loaded"
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

  /**
   * {@return true if the guest has told QEMU of its panic} With a capture kernel loaded it does so
   * under {@code crash_kexec_post_notifiers} alone, right before it goes to that kernel.
   */
  private boolean hasSaidSo() {
    boolean said =
        PANIC_EVENTS.stream().anyMatch(event -> guest.qmp().takeEvent(event).isPresent());
    if (said) {
      progress.accept("the guest says that it panics");
    }
    return said;
  }

  /** {@return true if a processor is in one of them, or on its way into one} */
  static boolean isRunning(Guest guest, SparingReader memory, List<CaptureImage> images)
      throws IOException {
    for (long root : guest.pageTableRoots()) {
      for (CaptureImage image : images) {
        if (isIn(image, root, guest, memory)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Its own page tables lie in its crash ranges; those of the jump into it, which its purgatory
   * uses for seconds, only begin there, and the dead kernel has left its registers by then.
   */
  private static boolean isIn(CaptureImage image, long root, Guest guest, SparingReader memory)
      throws IOException {
    List<AddressRange> ranges = image.crashRanges();
    return ranges.stream().anyMatch(range -> range.contains(root))
        && (PageTables.lieIn(ranges, root, guest.memory())
            || (PageTables.mayBeOfJumpInto(ranges, root, guest.memory()) && image.hasRun(memory)));
  }

  /** Asks QEMU whose page tables the processors use. */
  private Optional<Crash> ask(boolean late) throws IOException {
    List<Long> roots = guest.pageTableRoots();
    askedNanos = System.nanoTime();
    for (long root : roots) {
      for (CaptureImage image : imagesAround(root)) {
        if (isIn(image, root, guest, memory)) {
          List<Evidence> signs = late ? List.of(Fact.CAPTURE_KERNEL_RAN_BEFORE) : List.of();
          return Optional.of(new Crash(image.crashRanges(), signs, unit, askedNanos));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * {@return what the IOMMU's fault records say of requests that were blocked since the guest was
   * last seen alive; empty if they say nothing}
   *
   * <p>Asked of a guest that is stopped, before its tables are written.
   */
  public List<Evidence> blockedRequests() throws IOException {
    long mark = guest.faultMark();
    if (mark == 0 || mark == faultMark) {
      return List.of();
    }
    return List.of(new FaultsRecorded(faultMark, mark));
  }

  /** A given range is believed for what it is once the header of a capture kernel stands in it. */
  private List<CaptureImage> imagesAround(long root) throws IOException {
    List<CaptureImage> around = new ArrayList<>();
    if (ranges().stream().anyMatch(range -> range.contains(root))) {
      List<CaptureImage> now = CaptureImage.findIn(memory, ranges());
      for (CaptureImage found : now) {
        CaptureImage image = asItWaited(found);
        if (image.crashRanges().stream().anyMatch(range -> range.contains(root))) {
          around.add(image);
        }
      }
    }
    return around;
  }

  /** Once it runs, what told of its memory may be overwritten. */
  private CaptureImage asItWaited(CaptureImage found) {
    return images.stream()
        .filter(image -> image.headerAddress() == found.headerAddress())
        .filter(image -> image.header().equals(found.header()))
        .findFirst()
        .orElse(found);
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
