// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.crashlane.bits.Hex;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.iommu.HostFacts;
import org.crashlane.iommu.TranslationTables;
import org.crashlane.iommu.UnitState;
import org.crashlane.iommu.vendors.Vendor;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.pci.RequesterId;

/** A guest of QEMU, somebody's, as it runs. It is never quit, and never left stopped. */
public abstract sealed class Guest implements AutoCloseable permits LiveGuest, GuestReader {
  /** The page table root of a processor, as the human monitor prints it. */
  private static final Pattern CR3 = Pattern.compile("CR3=([0-9a-f]{1,16})");

  /** MigrationStatus in QEMU's qapi/migration.json; those in which nothing goes on. */
  private static final Set<String> NOT_MIGRATING =
      Set.of("none", "completed", "failed", "cancelled");

  private static final int PAGE_WORDS = 512;

  /** Of a guest that runs, a page may change while it is compared. */
  private static final int COMPARED_TIMES_RUNNING = 5;

  private final QmpClient qmp;
  private final boolean ownsQmp;
  private final FlatView view;

  /**
   * @param ownsQmp true if the connection is closed with this
   * @param view what answers at each physical address
   */
  Guest(QmpClient qmp, boolean ownsQmp, FlatView view) {
    this.qmp = qmp;
    this.ownsQmp = ownsQmp;
    this.view = view;
  }

  /** {@return what answers at each physical address of a guest, now} */
  static FlatView view(QmpClient qmp) throws IOException {
    return FlatView.parse(qmp.socket() + " (info mtree -f)", qmp.hmp("info mtree -f"));
  }

  /** {@return its memory, as it is whenever it is read} */
  public abstract PhysicalMemory memory();

  /**
   * {@return its memory, read so that holes stay holes; the caller closes it, and holds no lock on
   * the memory's files then}
   *
   * @throws IOException if it can be asked of QEMU's monitor only, which takes hours for all of it
   */
  abstract SparingReader sparingReader() throws IOException;

  /** {@return the connection to QEMU} */
  public QmpClient qmp() {
    return qmp;
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
      return iommu().tables(memory(), HostFacts.UNKNOWN).state();
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
    for (Vendor vendor : Vendor.values()) {
      Optional<AddressRange> range = view.find(GuestIommu.region(vendor));
      if (range.isPresent()) {
        long base = range.get().first();
        return Optional.of(new GuestIommu(vendor, base, new HmpRegisters(qmp, base)));
      }
    }
    return Optional.empty();
  }

  /** {@return what QEMU says of its IOMMU that the registers do not} */
  IommuProperties iommuProperties() throws IOException {
    return IommuProperties.parse(qmp.hmp("info qtree"));
  }

  /**
   * {@return the tables of its IOMMU, as they are whenever they are read}
   *
   * @throws IOException as {@link #iommu} does
   */
  public TranslationTables tables() throws IOException {
    return tables(memory());
  }

  /** {@return the tables of its IOMMU as they would be if {@code memory} were its memory} */
  TranslationTables tables(PhysicalMemory memory) throws IOException {
    return iommu().tables(memory, iommuProperties().facts());
  }

  /** {@return what is on its PCI buses, in order of requester id} */
  public List<PciFunction> pciFunctions() throws IOException {
    Set<RequesterId> passing = iommuProperties().passing().keySet();
    boolean mayUseBusZero = findIommu().filter(i -> i.vendor() == Vendor.AMDVI).isPresent();
    return PciFunction.all(qmp.socket(), qmp.execute("query-pci")).stream()
        .map(f -> {
          if (passing.contains(f.requester())) {
            return f.withAliases(List.of());
          }
          return mayUseBusZero ? f.orOnBusZero() : f;
        })
        .toList();
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
    memory().readLongs(page, found, PAGE_WORDS);
    long[] answered = HmpRegisters.words(qmp, page, PAGE_WORDS);
    int word = Arrays.mismatch(found, answered);
    if (word >= 0 && times > 1) {
      requireSameMemory(page, times - 1);
    } else if (word >= 0) {
      throw new IOException(
          "%s: not this guest's memory: %s holds %s there, %s in the guest"
              .formatted(
                  memory().source(),
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

  /** Something done while the guest stands. */
  @FunctionalInterface
  interface Work<T> {
    /** {@return its result} */
    T run() throws IOException;
  }

  /** {@return what the guest's processors are doing, in short: equal as long as it is stopped} */
  String processorsDigest() throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(qmp.hmp("info registers -a").getBytes(StandardCharsets.UTF_8));
    return Hex.of(crc.getValue());
  }

  /**
   * Does {@code work} while the guest's processors stand. It runs afterwards, whether it ran before
   * or not, also when {@code work} fails and when this process is told to end.
   *
   * @param mark which is closed when the guest runs again, and left where it may not
   * @throws IOException also if it is being migrated: it would not run at its new place
   */
  <T> T stoppedThenRunning(StopMark mark, Work<T> work) throws IOException {
    String migration = qmp.execute("query-migrate").path("status").asString("none");
    if (!NOT_MIGRATING.contains(migration)) {
      if (qmp.isRunning()) {
        mark.close();
      }
      throw new IOException(
          qmp.socket() + ": the guest is being migrated (" + migration + "): it is not stopped");
    }
    try (StoppedGuest _ = StoppedGuest.stop(qmp, mark)) {
      mark.note(processorsDigest());
      return work.run();
    }
  }

  @Override
  public void close() {
    if (ownsQmp) {
      qmp.close();
    }
  }
}
