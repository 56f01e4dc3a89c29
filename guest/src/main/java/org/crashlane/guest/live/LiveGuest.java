// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Printable;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.ImageRegion;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.WritableMemory;

/**
 * A guest of QEMU whose memory can be written as it runs.
 *
 * <p>Its memory must be in files that its process shares: one, or one for each NUMA node and memory
 * module, with a name or without (memfd). Where each physical address stands is asked of QEMU, and
 * which file that is, of the process.
 */
public final class LiveGuest extends Guest {
  /** As the human monitor's {@code gpa2hva} prints it. */
  private static final Pattern HOST_ADDRESS = Pattern.compile(" is 0x([0-9a-f]{1,16})$");

  private static final int QUOTED_CHARS = 120;

  private final List<MappedImage.Part> parts;
  private final List<ImageRegion> shared;
  private final MappedImage memory;

  private LiveGuest(
      QmpClient qmp,
      boolean ownsQmp,
      FlatView view,
      List<ImageRegion> shared,
      List<MappedImage.Part> parts,
      MappedImage memory) {
    super(qmp, ownsQmp, view);
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

  /** {@return the files that hold a guest's memory; none if it cannot be written through them} */
  static List<MappedImage.Part> findParts(QmpClient qmp, FlatView view) {
    try {
      return parts(qmp, shared(qmp, view));
    } catch (IOException _) {
      return List.of();
    }
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
  static List<ImageRegion> outside(List<AddressRange> windows, List<ImageRegion> regions) {
    return regions.stream()
        .filter(region -> windows.stream().noneMatch(window -> window.contains(region.physical())))
        .toList();
  }

  /** {@return where QEMU's process has what is at a guest-physical address} */
  static long hostAddress(QmpClient qmp, long address) throws IOException {
    String printed = qmp.hmp("gpa2hva " + Hex.of(address)).strip();
    Matcher m = HOST_ADDRESS.matcher(printed);
    if (!m.find()) {
      throw new IOException(
          "%s: QEMU does not say where it has %s: '%s'"
              .formatted(qmp.socket(), Hex.of(address), Printable.of(printed, QUOTED_CHARS)));
    }
    return Hex.parse(m.group(1));
  }

  /** {@return the file that holds its memory; the first, where several do} */
  public Path memoryFile() {
    return parts.getFirst().file();
  }

  /** {@return true if memory was plugged in or taken out since this was attached} */
  boolean isMemoryChanged() throws IOException {
    return !shared(qmp(), view(qmp())).equals(shared);
  }

  /** {@return its memory, live: what is written is there for its processors and devices at once} */
  @Override
  public WritableMemory memory() {
    return memory;
  }

  @Override
  SparingReader sparingReader() throws IOException {
    return SparingReader.open(parts);
  }

  @Override
  public void close() {
    memory.close();
    super.close();
  }
}
