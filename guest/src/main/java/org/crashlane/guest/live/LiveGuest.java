// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Printable;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * A guest of QEMU, somebody's, as it runs. It is never quit, and never left standing.
 *
 * <p>Its memory must be in files that its process shares: one, or one for each NUMA node and memory
 * module, with a name or without (memfd). Where each physical address stands is asked of QEMU, and
 * which file that is, of the process.
 */
public final class LiveGuest implements AutoCloseable {
  /** The page table root of a processor, as the human monitor prints it. */
  private static final Pattern CR3 = Pattern.compile("CR3=([0-9a-f]{1,16})");

  /** As the human monitor's {@code gpa2hva} prints it. */
  private static final Pattern HOST_ADDRESS = Pattern.compile(" is 0x([0-9a-f]{1,16})$");

  /** MigrationStatus in QEMU's qapi/migration.json; those in which nothing goes on. */
  private static final Set<String> NOT_MIGRATING =
      Set.of("none", "completed", "failed", "cancelled");

  private static final int PAGE_WORDS = 512;
  private static final int QUOTED_CHARS = 120;

  /** Of a guest that runs, a page may change while it is compared. */
  private static final int COMPARED_TIMES_RUNNING = 5;

  private final QmpClient qmp;
  private final boolean ownsQmp;
  private final List<MappedImage.Part> parts;
  private final FlatView view;
  private final List<ImageRegion> shared;
  private final MappedImage memory;

  private LiveGuest(
      QmpClient qmp,
      boolean ownsQmp,
      FlatView view,
      List<ImageRegion> shared,
      List<MappedImage.Part> parts,
      MappedImage memory) {
    this.qmp = qmp;
    this.ownsQmp = ownsQmp;
    this.view = view;
    this.shared = shared;
    this.parts = parts;
    this.memory = memory;
  }

  /**
   * Attaches to a guest by its control socket, which nobody else may hold.
   *
   * @param socket QEMU's {@code -qmp unix:SOCKET,server=on}
   * @throws IOException if the socket is gone, held or not QEMU's, or if the guest's memory is not
   *     in shared files (the message says how to start it), or not to be reached from here
   */
  public static LiveGuest attach(Path socket) throws IOException {
    QmpClient qmp = QmpClient.connect(socket);
    try {
      return attach(qmp, true);
    } catch (IOException | RuntimeException e) {
      qmp.close();
      throw e;
    }
  }

  /**
   * Attaches to a guest by a connection that its caller keeps and closes.
   *
   * @throws IOException as {@link #attach(Path)} does
   */
  public static LiveGuest attach(QmpClient qmp) throws IOException {
    return attach(qmp, false);
  }

  private static LiveGuest attach(QmpClient qmp, boolean ownsQmp) throws IOException {
    EncryptedMemory.requireNone(qmp);
    FlatView view = view(qmp);
    List<ImageRegion> shared = shared(qmp, view);
    List<MappedImage.Part> parts = parts(qmp, shared);
    MappedImage memory = MappedImage.openForWriting(parts);
    return new LiveGuest(qmp, ownsQmp, view, shared, parts, memory);
  }

  private static FlatView view(QmpClient qmp) throws IOException {
    return FlatView.parse(qmp.socket() + " (info mtree -f)", qmp.hmp("info mtree -f"));
  }

  /** {@return its memory; offsets are into the backends} */
  private static List<ImageRegion> shared(QmpClient qmp, FlatView view) throws IOException {
    MemoryBackends backends = MemoryBackends.of(qmp);
    List<AddressRange> windows = PciFunction.memoryWindows(qmp.socket(), qmp.execute("query-pci"));
    List<ImageRegion> unshared = outside(windows, view.backedBy(backends.privateIds()));
    List<ImageRegion> shared = outside(windows, view.backedBy(backends.ids()));
    if (!unshared.isEmpty() || shared.isEmpty()) {
      throw new IOException(
          "%s: the guest's memory %s is not in a file that is shared; %s"
              .formatted(
                  qmp.socket(),
                  unshared.isEmpty() ? "" : unshared.getFirst().physical(),
                  backends.howToStart()));
    }
    return shared;
  }

  private static List<MappedImage.Part> parts(QmpClient qmp, List<ImageRegion> shared)
      throws IOException {
    GuestProcess process = GuestProcess.of(qmp.socket(), qmp.processId());
    Map<Path, List<ImageRegion>> files = new LinkedHashMap<>();
    for (ImageRegion region : shared) {
      long host = hostAddress(qmp, region.physical().first());
      for (MappedImage.Part part : process.files(region.physical(), host)) {
        files.computeIfAbsent(part.file(), _ -> new ArrayList<>()).addAll(part.regions());
      }
    }
    return files.entrySet().stream()
        .map(file -> new MappedImage.Part(file.getKey(), file.getValue()))
        .toList();
  }

  /** What a device shows in a window of its own (ivshmem) is its business, and not only its. */
  private static List<ImageRegion> outside(List<AddressRange> windows, List<ImageRegion> regions) {
    return regions.stream()
        .filter(region -> windows.stream().noneMatch(window -> window.contains(region.physical())))
        .toList();
  }

  /** {@return where QEMU's process has what is at a guest-physical address} */
  private static long hostAddress(QmpClient qmp, long address) throws IOException {
    String printed = qmp.hmp("gpa2hva " + Hex.of(address)).strip();
    Matcher m = HOST_ADDRESS.matcher(printed);
    if (!m.find()) {
      throw new IOException(
          "%s: QEMU does not say where it has %s: '%s'"
              .formatted(qmp.socket(), Hex.of(address), Printable.of(printed, QUOTED_CHARS)));
    }
    return Hex.parse(m.group(1));
  }

  /** {@return the connection to QEMU} */
  public QmpClient qmp() {
    return qmp;
  }

  /** {@return the file that holds its memory; the first, where several do} */
  public Path memoryFile() {
    return parts.getFirst().file();
  }

  /** {@return true if memory was plugged in or taken out since this was attached} */
  boolean isMemoryChanged() throws IOException {
    return !shared(qmp, view(qmp)).equals(shared);
  }

  /** {@return its memory, live: what is written is there for its processors and devices at once} */
  public WritableMemory memory() {
    return memory;
  }

  /**
   * {@return its IOMMU}
   *
   * @throws UnreadIommuException if it is of a kind that is not read
   * @throws IOException if it has none
   */
  public GuestIommu iommu() throws IOException {
    Optional<GuestIommu> iommu = findIommu();
    if (iommu.isPresent()) {
      return iommu.get();
    }
    if (pciFunctions().stream().anyMatch(PciFunction::isVirtioIommu)) {
      throw new UnreadIommuException(
          qmp.socket() + ": the guest's IOMMU is a virtio-iommu, which crashlane does not read");
    }
    throw new IOException(
        qmp.socket() + ": the guest has no IOMMU (-device intel-iommu or amd-iommu)");
  }

  /** {@return what its IOMMU's registers say} */
  UnitState unitState() throws IOException {
    try {
      return iommu().tables(memory).state();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** {@return what changes when its IOMMU records a fault, see {@link Vendor#faultMark}} */
  long faultMark() throws IOException {
    try {
      GuestIommu iommu = iommu();
      return iommu.vendor().faultMark(iommu.registers());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** {@return its IOMMU, if it has one that is read here} */
  Optional<GuestIommu> findIommu() {
    for (GuestIommu.Kind kind : GuestIommu.Kind.values()) {
      Optional<AddressRange> range = view.find(kind.region());
      if (range.isPresent()) {
        return Optional.of(
            new GuestIommu(kind.vendor(), new HmpRegisters(qmp, range.get().first())));
      }
    }
    return Optional.empty();
  }

  /** {@return which devices QEMU lets pass by its IOMMU, and why} */
  Map<RequesterId, String> bypass() throws IOException {
    return IommuBypass.find(qmp.hmp("info qtree"));
  }

  /** {@return what is on its PCI buses, in order of requester id} */
  public List<PciFunction> pciFunctions() throws IOException {
    return PciFunction.all(qmp.socket(), qmp.execute("query-pci"));
  }

  /**
   * Makes sure that what was opened is this guest's memory, word by word.
   *
   * @param pages first addresses of pages that seldom change
   * @throws IOException if QEMU and the file say different things
   */
  void requireSameMemory(List<Long> pages) throws IOException {
    int times = qmp.isRunning() ? COMPARED_TIMES_RUNNING : 1;
    for (long page : pages) {
      requireSameMemory(page, times);
    }
  }

  private void requireSameMemory(long page, int times) throws IOException {
    long[] found = new long[PAGE_WORDS];
    memory.readLongs(page, found, PAGE_WORDS);
    long[] answered = HmpRegisters.words(qmp, page, PAGE_WORDS);
    int word = Arrays.mismatch(found, answered);
    if (word >= 0 && times > 1) {
      requireSameMemory(page, times - 1);
    } else if (word >= 0) {
      throw new IOException(
          "%s: not this guest's memory: %s holds %s there, %s in the guest"
              .formatted(
                  memory.source(),
                  Hex.of(page + (long) word * Long.BYTES),
                  Hex.of(found[word]),
                  Hex.of(answered[word])));
    }
  }

  /**
   * Makes sure that the capture kernel runs: a processor's page tables lie in the memory that was
   * reserved for it.
   *
   * @throws IOException if no processor's do
   */
  void requireCaptureKernelIn(List<AddressRange> crashRanges) throws IOException {
    List<Long> roots = pageTableRoots();
    if (roots.stream().noneMatch(root -> crashRanges.stream().anyMatch(r -> r.contains(root)))) {
      throw new IOException(
          "%s: the guest has not crashed: no processor's page tables lie in %s (they are at %s)"
              .formatted(qmp.socket(), crashRanges, roots.stream().map(Hex::of).toList()));
    }
  }

  /** {@return where each processor's page tables begin: CR3} */
  List<Long> pageTableRoots() throws IOException {
    return CR3.matcher(qmp.hmp("info registers -a"))
        .results()
        .map(m -> Hex.parse(m.group(1)))
        .toList();
  }

  /** {@return its memory, read so that the files keep their holes; the caller closes it} */
  SparingReader sparingReader() throws IOException {
    return SparingReader.open(parts);
  }

  /** Something done while the guest stands. */
  @FunctionalInterface
  interface Work<T> {
    /** {@return its result} */
    T run() throws IOException;
  }

  /**
   * Does {@code work} while the guest's processors stand. It runs afterwards, whether it ran before
   * or not, also when {@code work} fails and when this process is told to end.
   *
   * @throws IOException also if it is being migrated: it would not run at its new place
   */
  <T> T stoppedThenRunning(Work<T> work) throws IOException {
    String migration = qmp.execute("query-migrate").path("status").asString("none");
    if (!NOT_MIGRATING.contains(migration)) {
      throw new IOException(
          qmp.socket() + ": the guest is being migrated (" + migration + "): it is not stopped");
    }
    try (StoppedGuest _ = StoppedGuest.stop(qmp)) {
      return work.run();
    }
  }

  @Override
  public void close() {
    memory.close();
    if (ownsQmp) {
      qmp.close();
    }
  }
}
