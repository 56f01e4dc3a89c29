// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.WritableMemory;

/**
 * A guest of QEMU, somebody's, as it runs. It is never quit, and never left standing.
 *
 * <p>Its memory must be a shared file. Where in the file each physical address stands is asked of
 * QEMU: on machines with a hole below 4 GiB the two are not the same.
 */
public final class LiveGuest implements AutoCloseable {
  /** The page table root of a processor, as the human monitor prints it. */
  private static final Pattern CR3 = Pattern.compile("CR3=([0-9a-f]{1,16})");

  private final QmpClient qmp;
  private final boolean ownsQmp;
  private final Path memoryFile;
  private final FlatView view;
  private final MappedImage memory;

  private LiveGuest(
      QmpClient qmp, boolean ownsQmp, Path memoryFile, FlatView view, MappedImage memory) {
    this.qmp = qmp;
    this.ownsQmp = ownsQmp;
    this.memoryFile = memoryFile;
    this.view = view;
    this.memory = memory;
  }

  /**
   * Attaches to a guest by its control socket, which nobody else may hold.
   *
   * @param socket QEMU's {@code -qmp unix:SOCKET,server=on}
   * @throws IOException if the socket is gone, held or not QEMU's, or if the guest's memory is not
   *     in one shared file (the message says how to start it)
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
    MemoryBackend backend = MemoryBackend.of(qmp);
    FlatView view = FlatView.parse(qmp.socket() + " (info mtree -f)", qmp.hmp("info mtree -f"));
    List<ImageRegion> regions = view.backedBy(backend.id());
    if (regions.isEmpty()) {
      throw new IOException(
          qmp.socket() + ": QEMU's memory tree shows no memory of backend " + backend.id());
    }
    MappedImage memory = MappedImage.openForWriting(backend.file(), regions);
    return new LiveGuest(qmp, ownsQmp, backend.file(), view, memory);
  }

  /** {@return the connection to QEMU} */
  public QmpClient qmp() {
    return qmp;
  }

  /** {@return the file that holds its memory} */
  public Path memoryFile() {
    return memoryFile;
  }

  /** {@return its memory, live: what is written is there for its processors and devices at once} */
  public WritableMemory memory() {
    return memory;
  }

  /**
   * {@return its IOMMU}
   *
   * @throws IOException if it has none
   */
  public GuestIommu iommu() throws IOException {
    for (GuestIommu.Kind kind : GuestIommu.Kind.values()) {
      Optional<AddressRange> range = view.find(kind.region());
      if (range.isPresent()) {
        return new GuestIommu(kind.vendor(), new HmpRegisters(qmp, range.get().first()));
      }
    }
    throw new IOException(
        qmp.socket() + ": the guest has no IOMMU (-device intel-iommu or amd-iommu)");
  }

  /** {@return what is on its PCI buses, in order of requester id} */
  public List<PciFunction> pciFunctions() throws IOException {
    return PciFunction.all(qmp.socket(), qmp.execute("query-pci"));
  }

  /**
   * Makes sure that the memory file is this guest's: a file of that name may have been replaced.
   *
   * @param address a physical address, a multiple of 8, that nobody writes just now
   * @throws IOException if QEMU and the file say different things
   */
  public void requireSameMemory(long address) throws IOException {
    long told = HmpRegisters.word(qmp, "g", address);
    long found = memory.readLong(address);
    if (told != found) {
      throw new IOException(
          "%s: not this guest's memory: %s holds %s there, %s in the guest"
              .formatted(memoryFile, Hex.of(address), Hex.of(found), Hex.of(told)));
    }
  }

  /**
   * Makes sure that the capture kernel runs: a processor's page tables lie in the memory that was
   * reserved for it.
   *
   * @throws IOException if no processor's do
   */
  void requireCaptureKernelIn(List<AddressRange> crashRanges) throws IOException {
    List<Long> roots =
        CR3.matcher(qmp.hmp("info registers -a"))
            .results()
            .map(m -> Hex.parse(m.group(1)))
            .toList();
    if (roots.stream().noneMatch(root -> crashRanges.stream().anyMatch(r -> r.contains(root)))) {
      throw new IOException(
          "%s: the guest has not crashed: no processor's page tables lie in %s (they are at %s)"
              .formatted(qmp.socket(), crashRanges, roots.stream().map(Hex::of).toList()));
    }
  }

  /** Something done while the guest stands. */
  @FunctionalInterface
  public interface Work<T> {
    /** {@return its result} */
    T run() throws IOException;
  }

  /**
   * Does {@code work} while the guest's processors stand. If it ran before it runs afterwards, also
   * when {@code work} fails and when this process is told to end.
   */
  public <T> T withGuestStopped(Work<T> work) throws IOException {
    if (!qmp.isRunning()) {
      return work.run();
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
