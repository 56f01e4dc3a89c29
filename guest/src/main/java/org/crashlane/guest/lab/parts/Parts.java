// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
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

  /** How long an entry stays that another has taken the place of. */
  private static final Duration KEPT_UNUSED = Duration.ofDays(1);

  private final Path directory;
  private final Consumer<String> progress;

  private Parts(Path directory, Consumer<String> progress) {
    this.directory = directory;
    this.progress = progress;
  }

  /** {@return parts kept in the user's cache} {@code progress} is told each slow step, one line. */
  public static Parts inUsersCache(Consumer<String> progress) {
    return new Parts(UserDirectory.CACHE.ofProcess(), progress);
  }

  /** {@return parts kept in {@code directory}} */
  public static Parts in(Path directory, Consumer<String> progress) {
    return new Parts(directory, progress);
  }

  /**
   * {@return the parts, from the cache or made now}
   *
   * @param flavours the kernels that are wanted
   * @param moduleSources where the inside hand's sources are; without them it is not built
   * @throws PartsUnavailableException if one cannot be had on this machine
   */
  public LabParts prepare(Set<KernelFlavour> flavours, Optional<Path> moduleSources)
      throws IOException, PartsUnavailableException {
    HostPrograms.ensure(HostPrograms.TO_RUN, progress);
    Map<KernelFlavour, KernelParts> kernels = new EnumMap<>(KernelFlavour.class);
    for (KernelFlavour flavour : flavours) {
      kernels.put(flavour, prepare(flavour, moduleSources));
    }
    return new LabParts(HostPrograms.path("qemu-system-x86_64"), kernels);
  }

  private KernelParts prepare(KernelFlavour flavour, Optional<Path> moduleSources)
      throws IOException, PartsUnavailableException {
    Cache cache = Cache.in(directory);
    Path pointer = Pointer.file(cache, flavour);
    String stamp = stamp(moduleSources);
    Optional<KernelParts> ready = read(pointer, stamp, cache);
    if (ready.isPresent()) {
      return ready.get();
    }
    return cache.locked(() -> {
      Optional<KernelParts> madeMeanwhile = read(pointer, stamp, cache);
      return madeMeanwhile.isPresent()
          ? madeMeanwhile.get()
          : make(cache, flavour, moduleSources, pointer, stamp);
    });
  }

  private KernelParts make(
      Cache cache, KernelFlavour flavour, Optional<Path> moduleSources, Path pointer, String stamp)
      throws IOException, PartsUnavailableException {
    HostPrograms.ensure(HostPrograms.TO_UNPACK, progress);
    if (moduleSources.isPresent()) {
      HostPrograms.ensure(HostPrograms.TO_COMPILE, progress);
    }
    Kernel kernel = Kernel.newest(cache, flavour, progress);
    String name = SYSTEM_PREFIX + kernel.release() + "_" + kernel.version() + "_" + stamp;
    Path entry =
        cache.entry(
            name,
            into -> {
              progress.accept("building the guests' system for " + kernel.release());
              SystemArchive.write(into.resolve("system.cpio.gz"), kernel);
              if (moduleSources.isPresent()) {
                HandModule.build(cache, kernel, moduleSources.get(), into, progress);
              }
            });
    pointTo(new Pointer(stamp, kernel.release(), kernel.version(), name), pointer, cache);
    return partsOf(kernel, entry);
  }

  private static Optional<KernelParts> read(Path pointer, String stamp, Cache cache)
      throws IOException {
    Optional<Pointer> found = Pointer.read(pointer).filter(p -> p.stamp().equals(stamp));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    String release = found.get().release();
    String version = found.get().version();
    Kernel kernel = new Kernel(release, version, cache.path(Kernel.entryName(release, version)));
    Path entry = cache.path(found.get().system());
    boolean whole = Files.exists(kernel.directory()) && Files.exists(entry);
    return whole ? Optional.of(partsOf(kernel, entry)) : Optional.empty();
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
    Path module = entry.resolve("crashlane_arm.ko");
    return new KernelParts(
        kernel.release(),
        kernel.version(),
        kernel.image(),
        entry.resolve("system.cpio.gz"),
        kernel.diskModules(),
        Files.exists(module) ? Optional.of(module) : Optional.empty());
  }

  /** A hash of all that the parts are made from. */
  private static String stamp(Optional<Path> moduleSources)
      throws IOException, PartsUnavailableException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    digest.update(SystemArchive.initScript());
    if (Files.exists(APT_LISTS)) {
      update(digest, APT_LISTS + " " + Files.getLastModifiedTime(APT_LISTS));
    }
    for (Path file : SystemArchive.hostFiles()) {
      update(digest, file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
    }
    if (moduleSources.isPresent()) {
      for (Path source : HandModule.sourceFiles(moduleSources.get())) {
        update(digest, source.getFileName().toString());
        digest.update(Files.readAllBytes(source));
      }
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, KEY_LENGTH);
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }
}
