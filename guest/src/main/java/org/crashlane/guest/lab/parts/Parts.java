// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.crashlane.guest.UserDirectory;

/**
 * Gets the lab's parts: Debian packages by name, the host's programs, and what is built of them.
 *
 * <p>All is cached. A stamp of what went in (apt's lists, our script, the module's sources, the
 * host's programs) decides whether the cache still serves; where it does, nothing is run at all.
 */
public final class Parts {
  private static final Path APT_LISTS = Path.of("/var/lib/apt/lists");

  /** Enough of a hash to tell stamps apart in a file name. */
  private static final int KEY_LENGTH = 16;

  /** Begins the names of the guests' systems in the cache. */
  private static final String SYSTEM_PREFIX = "lab-";

  private static final long SYSTEM_BYTES = 32L << 20;

  /** How long an entry stays that another has taken the place of. */
  private static final Duration KEPT_UNUSED = Duration.ofDays(1);

  private final Path directory;
  private final QemuSpec qemu;
  private final Accelerator accelerator;
  private final Consumer<String> progress;

  private Parts(Path directory, QemuSpec qemu, Accelerator accelerator, Consumer<String> progress) {
    this.directory = directory;
    this.qemu = qemu;
    this.accelerator = accelerator;
    this.progress = progress;
  }

  /** {@return parts kept in the user's cache} {@code progress} is told each slow step, one line. */
  public static Parts inUsersCache(Consumer<String> progress) {
    return in(UserDirectory.CACHE.ofProcess(), progress);
  }

  /** {@return parts kept in {@code directory}} */
  public static Parts in(Path directory, Consumer<String> progress) {
    return new Parts(directory, new QemuSpec.Host(), Accelerator.TCG, progress);
  }

  /** {@return the same with another QEMU, that runs its guests by {@code means}} */
  public Parts withQemu(QemuSpec other, Accelerator means) {
    return new Parts(directory, other, means, progress);
  }

  /**
   * {@return the QEMU, from the cache or unpacked now}
   *
   * @throws PartsUnavailableException if it cannot be had on this machine, or is none
   */
  public Qemu qemu() throws IOException {
    accelerator.require();
    Path program =
        switch (qemu) {
          case QemuSpec.Host _ -> {
            HostPrograms.ensure(HostPrograms.QEMU, progress);
            yield HostPrograms.path("qemu-system-x86_64");
          }
          case QemuSpec.Program(Path file) -> file;
          case QemuSpec.Suite(String name) -> SuiteQemu.get(Cache.in(directory), name, progress);
        };
    return Qemu.ask(program, accelerator);
  }

  /**
   * {@return the parts, from the cache or made now} A module that cannot be built is left out, and
   * one line says why: only the inside hand needs it.
   *
   * @param wanted the kernels
   * @param drivers what they load, where it is a module
   * @param moduleSources where the inside hand's sources are; without them it is not built
   * @throws PartsUnavailableException if one cannot be had on this machine
   */
  public LabParts prepare(Set<LabKernel> wanted, Set<String> drivers, Optional<Path> moduleSources)
      throws IOException {
    HostPrograms.ensure(HostPrograms.TO_RUN, progress);
    Qemu program = qemu();
    Cache cache = Cache.in(directory);
    Map<LabKernel, KernelParts> kernels = new HashMap<>();
    for (LabKernel which : wanted) {
      KernelParts kernel = prepare(cache, which, drivers);
      kernels.put(
          which,
          moduleSources.isPresent() ? withHand(cache, which, kernel, moduleSources.get()) : kernel);
    }
    return new LabParts(program, kernels);
  }

  /**
   * {@return what each series of Debian's kernels offers, from the oldest}
   *
   * @throws PartsUnavailableException if Debian's lists cannot be had on this machine
   */
  public List<KernelOffer> offers() throws IOException {
    Cache cache = Cache.in(directory);
    return cache.locked(() -> new KernelFinder(cache, Set.of(), progress).offers());
  }

  private KernelParts prepare(Cache cache, LabKernel which, Set<String> drivers)
      throws IOException {
    Path pointer = Pointer.file(cache, which);
    String stamp = stamp(cache, which.spec());
    Optional<KernelParts> ready = read(pointer, stamp, cache, drivers);
    if (ready.isPresent()) {
      return ready.get();
    }
    return cache.locked(() -> {
      Optional<KernelParts> madeMeanwhile = read(pointer, stamp, cache, drivers);
      return madeMeanwhile.isPresent() ? madeMeanwhile.get() : make(cache, which, drivers, pointer);
    });
  }

  private KernelParts make(Cache cache, LabKernel which, Set<String> drivers, Path pointer)
      throws IOException {
    HostPrograms.ensure(HostPrograms.TO_UNPACK, progress);
    String stamp = stamp(cache, which.spec());
    Kernel kernel = new KernelFinder(cache, drivers, progress).find(which);
    String name = systemName(kernel, stamp);
    Path entry =
        cache.entry(
            name,
            SYSTEM_BYTES,
            into -> {
              progress.accept("building the guests' system for " + kernel.release());
              SystemArchive.write(into.resolve("system.cpio.gz"), kernel);
            });
    pointTo(new Pointer(stamp, kernel.release(), kernel.version(), name), pointer, cache);
    return partsOf(kernel, entry);
  }

  /** A kernel that is looked through for more drivers than it was needs a system with these. */
  private static String systemName(Kernel kernel, String stamp) throws IOException {
    return "%s%s_%s_%s-%d"
        .formatted(
            SYSTEM_PREFIX, kernel.release(), kernel.version(), stamp, kernel.diskModules().size());
  }

  private KernelParts withHand(Cache cache, LabKernel which, KernelParts parts, Path sources)
      throws IOException {
    String version = parts.release() + "_" + parts.packageVersion();
    String name = HandModule.ENTRY_PREFIX + version + "_" + stampOf(sources);
    Path module = HandModule.in(cache.path(name));
    try {
      if (!Files.exists(module)) {
        cache.locked(() -> {
          Kernel kernel = kernel(cache, parts.release(), parts.packageVersion());
          HandModule.make(cache, name, kernel, which.spec(), sources, progress);
          Instant now = Instant.now();
          cache.touch(name, now);
          cache.prune(Set.of(HandModule.ENTRY_PREFIX), Set.of(name), now.minus(KEPT_UNUSED));
          return name;
        });
      }
    } catch (InterruptedIOException stopped) {
      throw stopped;
    } catch (IOException e) {
      progress.accept(
          "the kernel module cannot be built for the %s kernel, arming from inside is left out: %s"
              .formatted(which.label(), Command.inShort(e)));
      return parts;
    }
    return parts.withHandModule(module);
  }

  private static Kernel kernel(Cache cache, String release, String version) {
    return new Kernel(release, version, cache.path(Kernel.entryName(release, version)));
  }

  private static Optional<KernelParts> read(
      Path pointer, String stamp, Cache cache, Set<String> drivers) throws IOException {
    Optional<Pointer> found = Pointer.read(pointer).filter(p -> p.stamp().equals(stamp));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Kernel kernel = kernel(cache, found.get().release(), found.get().version());
    Path entry = cache.path(found.get().system());
    if (!Files.exists(kernel.directory())
        || !Files.exists(entry)
        || !Kernel.serves(kernel.directory(), drivers)
        || !found.get().system().equals(systemName(kernel, stamp))) {
      return Optional.empty();
    }
    return Optional.of(partsOf(kernel, entry));
  }

  /** What served so far is kept for a while: somebody may be booting it just now. */
  private static void pointTo(Pointer pointer, Path file, Cache cache) throws IOException {
    Instant now = Instant.now();
    Optional<Pointer> replaced = Pointer.read(file);
    if (replaced.isPresent()) {
      for (String entry : replaced.get().entries()) {
        cache.touch(entry, now);
      }
    }
    pointer.write(cache, file);
    cache.prune(
        Set.of(SYSTEM_PREFIX, Kernel.ENTRY_PREFIX, HandModule.HEADERS_PREFIX),
        Pointer.allEntries(file.getParent()),
        now.minus(KEPT_UNUSED));
  }

  private static KernelParts partsOf(Kernel kernel, Path entry) throws IOException {
    return new KernelParts(
        kernel.release(),
        kernel.version(),
        kernel.image(),
        entry.resolve("system.cpio.gz"),
        kernel.diskModules(),
        Optional.empty());
  }

  /** A hash of all that the guests' system is made from. */
  private static String stamp(Cache cache, KernelSpec spec) throws IOException {
    MessageDigest digest = sha256();
    digest.update(SystemArchive.initScript());
    for (Path source : sources(cache, spec)) {
      if (Files.exists(source)) {
        update(digest, source + " " + time(spec, source));
      }
    }
    updateByFiles(digest, SystemArchive.hostFiles());
    return inShort(digest);
  }

  /** Of a directory of modules any may be built anew. */
  private static FileTime time(KernelSpec spec, Path source) throws IOException {
    return spec instanceof KernelSpec.Image && Files.isDirectory(source)
        ? Trees.newest(source)
        : Files.getLastModifiedTime(source);
  }

  /** {@return what changes when a newer kernel can be had by the same name} */
  private static List<Path> sources(Cache cache, KernelSpec spec) {
    return switch (spec) {
      case KernelSpec.Host _ -> List.of(APT_LISTS);
      case KernelSpec.Series _, KernelSpec.Release _, KernelSpec.Suite _ ->
          List.of(Suites.stamp(cache));
      case KernelSpec.Packages(List<Path> files) -> files;
      case KernelSpec.Image(Path file, Optional<Path> modules) ->
          Stream.concat(Stream.of(file), modules.stream()).toList();
    };
  }

  /** {@return a hash of sizes and times of {@code files}, which tells what they hold apart} */
  static String hash(List<Path> files) throws IOException {
    MessageDigest digest = sha256();
    updateByFiles(digest, files);
    return inShort(digest);
  }

  private static void updateByFiles(MessageDigest digest, List<Path> files) throws IOException {
    for (Path file : files) {
      FileTime time =
          Files.isDirectory(file) ? Trees.newest(file) : Files.getLastModifiedTime(file);
      update(digest, file + " " + Files.size(file) + " " + time);
    }
  }

  private static String stampOf(Path moduleSources) throws IOException {
    MessageDigest digest = sha256();
    for (Path source : HandModule.sourceFiles(moduleSources)) {
      update(digest, source.getFileName().toString());
      digest.update(Files.readAllBytes(source));
    }
    return inShort(digest);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String inShort(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest()).substring(0, KEY_LENGTH);
  }
}
