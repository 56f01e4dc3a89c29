// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.boot;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes a cpio archive of the "newc" kind, which Linux unpacks as an initramfs: entries of a
 * 110-byte header in hexadecimal text, the name, and the content, each padded to 4 bytes; see
 * Documentation/driver-api/early-userspace/buffer-format.rst of Linux 6.1.
 *
 * <p>Everything belongs to root and has time 0, so the same entries give the same bytes. Parents of
 * an entry are made by themselves, and device nodes need no privilege.
 */
public final class CpioArchive implements AutoCloseable {
  private static final String MAGIC = "070701";
  private static final String TRAILER = "TRAILER!!!";
  private static final int ALIGNMENT_BYTES = 4;
  private static final long CONTENT_LIMIT_BYTES = 0xffff_ffffL;

  private static final int DIRECTORY = 0040000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int REGULAR_FILE = 0100000;
  private static final int SYMBOLIC_LINK = 0120000;
  private static final int ALL_MAY_ENTER = 0755;
  private static final int ALL_MAY_RUN = 0755;
  private static final int OWNER_MAY_USE = 0600;
  private static final int LINK_RIGHTS = 0777;

  private final OutputStream out;
  private final Set<String> names = new HashSet<>();
  private long writtenBytes;
  private int inode;

  /** Writes to {@code out}, which {@link #close} closes. */
  public CpioArchive(OutputStream out) {
    this.out = out;
  }

  /** Adds a directory, unless it is there. {@code path} is relative, without {@code ./}. */
  public void directory(String path) throws IOException {
    if (!names.contains(path)) {
      parentOf(path);
      header(path, DIRECTORY | ALL_MAY_ENTER, 0, 0, 0);
    }
  }

  /** Adds a file that anyone may read and run. */
  public void file(String path, byte[] content) throws IOException {
    parentOf(path);
    header(path, REGULAR_FILE | ALL_MAY_RUN, content.length, 0, 0);
    out.write(content);
    advance(content.length);
  }

  /** Adds a file of the host, which may be large. */
  public void file(String path, Path content) throws IOException {
    long sizeBytes = Files.size(content);
    if (sizeBytes > CONTENT_LIMIT_BYTES) {
      throw new IOException(content + ": " + sizeBytes + " bytes are more than cpio can hold");
    }
    parentOf(path);
    header(path, REGULAR_FILE | ALL_MAY_RUN, sizeBytes, 0, 0);
    long copiedBytes = Files.copy(content, out);
    if (copiedBytes != sizeBytes) {
      throw new IOException(content + ": changed while it was read");
    }
    advance(sizeBytes);
  }

  /** Adds a symbolic link at {@code path} to {@code target}. */
  public void link(String path, String target) throws IOException {
    parentOf(path);
    byte[] content = target.getBytes(StandardCharsets.UTF_8);
    header(path, SYMBOLIC_LINK | LINK_RIGHTS, content.length, 0, 0);
    out.write(content);
    advance(content.length);
  }

  /** Adds a character device. */
  public void device(String path, int major, int minor) throws IOException {
    parentOf(path);
    header(path, CHARACTER_DEVICE | OWNER_MAY_USE, 0, major, minor);
  }

  /** {@return true if {@code path} has been added} */
  public boolean contains(String path) {
    return names.contains(path);
  }

  /** Writes the end mark and closes the stream. */
  @Override
  public void close() throws IOException {
    try (out) {
      header(TRAILER, 0, 0, 0, 0);
    }
  }

  private void parentOf(String path) throws IOException {
    int slash = path.lastIndexOf('/');
    if (slash == 0 || path.isEmpty()) {
      throw new IllegalArgumentException("not a relative path: '" + path + "'");
    }
    if (slash > 0) {
      directory(path.substring(0, slash));
    }
  }

  private void header(String name, int mode, long sizeBytes, int major, int minor)
      throws IOException {
    if (!names.add(name)) {
      throw new IllegalArgumentException("twice in one archive: '" + name + "'");
    }
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    int links = (mode & DIRECTORY) != 0 && sizeBytes == 0 ? 2 : 1;
    long[] fields = {
      ++inode, mode, 0, 0, links, 0, sizeBytes, 0, 0, major, minor, nameBytes.length + 1, 0
    };
    StringBuilder text = new StringBuilder(MAGIC);
    for (long field : fields) {
      text.append(String.format("%08x", field));
    }
    out.write(text.toString().getBytes(StandardCharsets.US_ASCII));
    out.write(nameBytes);
    out.write(0);
    advance(text.length() + nameBytes.length + 1L);
  }

  /** Counts what was written and pads it. */
  private void advance(long countBytes) throws IOException {
    writtenBytes += countBytes;
    while (writtenBytes % ALIGNMENT_BYTES != 0) {
      out.write(0);
      writtenBytes++;
    }
  }
}
