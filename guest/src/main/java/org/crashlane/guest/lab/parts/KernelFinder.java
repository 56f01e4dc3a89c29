// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Gets the kernel that a {@link LabKernel} stands for, and puts it into the cache. */
final class KernelFinder {
  private static final String IMAGE_PREFIX = "linux-image-";

  /** Where Debian's packages of 7.x have what older ones have in the image's own. */
  private static final List<String> PARTS_PREFIXES = List.of("linux-binary-", "linux-modules-");

  /** Of a release, behind its series: patch level, ABI number, distribution. */
  private static final String REST_OF_RELEASE = "\\.[0-9][0-9A-Za-z.+~]*(-[0-9][0-9a-z.]*)?";

  private static final Pattern SERIES = Pattern.compile("^[0-9]{1,4}\\.[0-9]{1,4}");

  private static final Duration QUERY_LIMIT = Duration.ofSeconds(20);
  private static final long IMAGE_BYTES = 64L << 20;

  // Documentation/arch/x86/boot.rst of Linux 6.1, "The Real-Mode Kernel Header".
  private static final int HEADER_MAGIC_OFFSET = 0x202;
  private static final int HEADER_MAGIC = 0x5372_6448;
  private static final int VERSION_POINTER_OFFSET = 0x20e;
  private static final int VERSION_BASE = 0x200;
  private static final int VERSION_BYTES_MAX = 256;

  private final Cache cache;
  private final Set<String> drivers;
  private final Consumer<String> progress;

  /**
   * @param drivers what the kernels' modules are looked through for
   */
  KernelFinder(Cache cache, Set<String> drivers, Consumer<String> progress) {
    this.cache = cache;
    this.drivers = drivers;
    this.progress = progress;
  }

  /** {@return the kernel, in the cache} Only while the cache's lock is held. */
  Kernel find(LabKernel kernel) throws IOException {
    return switch (kernel.spec()) {
      case KernelSpec.Host _, KernelSpec.Series _, KernelSpec.Release _, KernelSpec.Suite _ -> {
        DebianPackages packages = DebianPackages.of(kernel.spec(), cache, progress);
        yield ofPackage(packages, image(packages, kernel), kernel.flavour());
      }
      case KernelSpec.Packages(List<Path> files) -> ofFiles(files, kernel.flavour());
      case KernelSpec.Image image -> ofImage(image);
    };
  }

  /** {@return the newest full kernel of each series that a suite has} */
  List<KernelOffer> offers() throws IOException {
    DebianPackages packages = DebianPackages.ofSuites(cache, progress);
    Map<String, String> found =
        packages.matching("^" + IMAGE_PREFIX + "[0-9]+\\.[0-9]+" + REST_OF_RELEASE + "-amd64$");
    Set<String> parts = packages.matching("^linux-(binary|modules)-.*-amd64$").keySet();
    Map<String, List<Named>> bySeries = new TreeMap<>(KernelFinder::compareSeries);
    found.forEach((name, version) -> {
      Named image = new Named(name, version);
      Matcher series = SERIES.matcher(image.release());
      if (series.find()) {
        bySeries.computeIfAbsent(series.group(), _ -> new ArrayList<>()).add(image);
      }
    });
    List<KernelOffer> offers = new ArrayList<>();
    for (Map.Entry<String, List<Named>> entry : bySeries.entrySet()) {
      Named newest = newest(entry.getValue());
      Path kept = cache.path(Kernel.entryName(newest.release(), newest.version()));
      offers.add(
          new KernelOffer(
              entry.getKey(),
              newest.release(),
              newest.version(),
              isWhole(newest.release(), parts)
                  ? EnumSet.allOf(KernelFlavour.class)
                  : EnumSet.of(KernelFlavour.CLOUD),
              Files.exists(kept)));
    }
    return offers;
  }

  /** {@return false if the image came without its modules, and these are not to be had} */
  private static boolean isWhole(String release, Set<String> parts) {
    return !parts.contains("linux-binary-" + release) || parts.contains("linux-modules-" + release);
  }

  private static Named newest(List<Named> images) throws PartsUnavailableException {
    String version =
        DebianPackages.newest(images.stream().map(Named::version).toList()).orElseThrow();
    return images.stream()
        .filter(image -> image.version().equals(version))
        .findFirst()
        .orElseThrow();
  }

  private static int compareSeries(String one, String other) {
    int[] a = Arrays.stream(one.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    int[] b = Arrays.stream(other.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    return Arrays.compare(a, b);
  }

  /** A package, as apt names one version of it. */
  private record Named(String name, String version) {
    String release() {
      return name.substring(IMAGE_PREFIX.length());
    }
  }

  private static Named image(DebianPackages packages, LabKernel kernel) throws IOException {
    String meta = kernel.flavour().metaPackage();
    return switch (kernel.spec()) {
      case KernelSpec.Series(String number) -> {
        String suffix = meta.substring(IMAGE_PREFIX.length());
        String pattern =
            "^"
                + IMAGE_PREFIX
                + Pattern.quote(number).replaceAll("\\\\[QE]", "").replace(".", "\\.");
        List<Named> found = new ArrayList<>();
        packages
            .matching(pattern + REST_OF_RELEASE + "-" + suffix + "$")
            .forEach((name, version) -> found.add(new Named(name, version)));
        if (found.isEmpty()) {
          throw new PartsUnavailableException(
              "none of Debian's suites (%s) has a %s kernel of Linux %s: 'crashlane kernels' lists them"
                  .formatted(String.join(", ", Suites.NAMES), kernel.flavour().label(), number));
        }
        yield newest(found);
      }
      case KernelSpec.Release(String release) ->
          new Named(IMAGE_PREFIX + release, packages.candidateVersion(IMAGE_PREFIX + release));
      case KernelSpec.Suite(String suite) ->
          dependency(packages, meta + "=" + packages.versionIn(suite, meta));
      default -> dependency(packages, meta);
    };
  }

  private static Named dependency(DebianPackages packages, String meta) throws IOException {
    String image =
        packages.dependencies(meta, IMAGE_PREFIX).stream()
            .findFirst()
            .orElseThrow(
                () -> new PartsUnavailableException("package " + meta + " names no kernel"));
    return new Named(image, packages.candidateVersion(image));
  }

  private Kernel ofPackage(DebianPackages packages, Named image, KernelFlavour flavour)
      throws IOException {
    return kernel(
        image.release(),
        image.version(),
        flavour.unpackingBytes(),
        into -> {
          Path tree = Files.createDirectory(into.resolve("tree"));
          List<String> names = new ArrayList<>(List.of(image.name()));
          for (String prefix : PARTS_PREFIXES) {
            names.addAll(packages.dependencies(image.name(), prefix));
          }
          packages.unpack(names, tree);
          keepTree(tree, image.release(), flavour, into);
        });
  }

  private Kernel ofFiles(List<Path> files, KernelFlavour flavour) throws IOException {
    String release = "";
    for (Path file : files) {
      String name =
          Command.run(
                  Path.of("/"),
                  QUERY_LIMIT,
                  List.of("dpkg-deb", "--field", file.toString(), "Package"))
              .strip();
      if (name.startsWith(IMAGE_PREFIX)) {
        release = name.substring(IMAGE_PREFIX.length()).replaceFirst("-unsigned$", "");
      }
    }
    if (release.isEmpty()) {
      throw new PartsUnavailableException(
          files.getFirst() + ": no package linux-image-RELEASE is among the files");
    }
    String of = release;
    return kernel(
        of,
        Parts.hash(files),
        flavour.unpackingBytes(),
        into -> {
          Path tree = Files.createDirectory(into.resolve("tree"));
          for (Path file : files) {
            DebianPackages.unpack(file, tree);
          }
          keepTree(tree, of, flavour, into);
        });
  }

  private Kernel ofImage(KernelSpec.Image image) throws IOException {
    String release = release(image.file());
    List<Path> files = new ArrayList<>(List.of(image.file()));
    image.modules().ifPresent(files::add);
    if (image.modules().isPresent()
        && !Files.isDirectory(image.modules().get().resolve("lib/modules").resolve(release))) {
      throw new PartsUnavailableException(
          "%s: has no lib/modules/%s, which is what %s calls itself"
              .formatted(image.modules().get(), release, image.file()));
    }
    return kernel(
        release,
        Parts.hash(files),
        IMAGE_BYTES,
        into -> Kernel.keep(image.file(), image.modules(), release, into));
  }

  private Kernel kernel(String release, String version, long neededBytes, Cache.Builder builder)
      throws IOException {
    Path directory =
        cache.entry(
            Kernel.entryName(release, version),
            neededBytes,
            kept -> Kernel.serves(kept, drivers),
            builder);
    return new Kernel(release, version, directory);
  }

  /**
   * Since 7.x all of a package is below {@code usr}, as it is on the machine. Of what a suite has
   * had, the modules may be gone and the image not.
   */
  private static void keepTree(Path tree, String release, KernelFlavour flavour, Path into)
      throws IOException {
    Path merged = tree.resolve("usr/lib/modules").resolve(release);
    if (Files.isDirectory(merged) && !Files.exists(tree.resolve("lib"))) {
      Files.createSymbolicLink(tree.resolve("lib"), Path.of("usr/lib"));
    }
    boolean hasModules = Files.isDirectory(tree.resolve("lib/modules").resolve(release));
    if (!hasModules && flavour == KernelFlavour.FULL) {
      throw new PartsUnavailableException(
          "Debian has no modules of Linux %s any more, and its full kernel needs them: take another"
                  .formatted(release)
              + " series, or the cloud kernel (',cloud') behind VT-d");
    }
    Path image = tree.resolve("boot/vmlinuz-" + release);
    Kernel.keep(
        Files.exists(image) ? image : merged.resolve("vmlinuz"),
        hasModules ? Optional.of(tree) : Optional.empty(),
        release,
        into);
    Trees.delete(tree);
  }

  /**
   * {@return what a kernel calls itself, by the header of its file}
   *
   * @throws PartsUnavailableException if {@code file} is no bzImage
   */
  static String release(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new PartsUnavailableException(file + ": no such file, or it cannot be read");
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      byte[] head = new byte[(int) Math.min(in.length(), 1 << 16)];
      in.readFully(head);
      int pointer = 0;
      if (head.length > VERSION_POINTER_OFFSET + 2
          && word(head, HEADER_MAGIC_OFFSET, Integer.BYTES) == HEADER_MAGIC) {
        pointer = VERSION_BASE + (int) word(head, VERSION_POINTER_OFFSET, Short.BYTES);
      }
      if (pointer <= VERSION_BASE || pointer >= head.length) {
        throw new PartsUnavailableException(
            file + ": is no kernel that x86 boots (no bzImage): its header names no version");
      }
      int length = Math.min(VERSION_BYTES_MAX, head.length - pointer);
      String text = new String(head, pointer, length, StandardCharsets.ISO_8859_1);
      String release = text.split("[ \\x00]", 2)[0];
      if (!release.matches("[0-9][0-9A-Za-z.+~_-]{0,100}")) {
        throw new PartsUnavailableException(
            file + ": the version in its header is no release of a kernel");
      }
      return release;
    }
  }

  private static long word(byte[] bytes, int at, int size) {
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << Byte.SIZE | Byte.toUnsignedLong(bytes[at + i]);
    }
    return value;
  }
}
