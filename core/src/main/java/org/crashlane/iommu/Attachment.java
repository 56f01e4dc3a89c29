// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu;

import org.crashlane.bits.Reason;
import org.crashlane.pci.RequesterId;

/** What an IOMMU's device tables say of one requester. Requesters without an entry have none. */
public sealed interface Attachment {

  /** {@return the requester} */
  RequesterId requester();

  /**
   * Its requests are translated.
   *
   * @param table the tables they go through
   * @param domainId the tag of its cached translations
   * @param permissions what its entry leaves of the rights that the tables give
   */
  record Translated(RequesterId requester, TableId table, int domainId, Permissions permissions)
      implements Attachment {

    /** One whose rights are the tables' affair alone. */
    public Translated(RequesterId requester, TableId table, int domainId) {
      this(requester, table, domainId, Permissions.READ_WRITE);
    }
  }

  /**
   * Its requests pass untranslated.
   *
   * @param permissions which of them
   */
  record PassThrough(RequesterId requester, int domainId, Permissions permissions)
      implements Attachment {

    /** One whose requests all pass. */
    public PassThrough(RequesterId requester, int domainId) {
      this(requester, domainId, Permissions.READ_WRITE);
    }
  }

  /**
   * It has an entry by which all its requests are blocked.
   *
   * @param reason what is wrong with the entry, or that it says so
   */
  record Blocked(RequesterId requester, Reason reason) implements Attachment {}

  /**
   * It has an entry of a kind whose mappings are not read here (nested tables, a table page that
   * cannot be read).
   *
   * @param reason which, or why
   */
  record Unsupported(RequesterId requester, Reason reason) implements Attachment {}
}
