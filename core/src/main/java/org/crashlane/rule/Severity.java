// SPDX-License-Identifier: Apache-2.0
package org.crashlane.rule;

/** How a finding weighs on the verdict. */
public enum Severity {
  /** Good to know; changes no verdict. */
  NOTE,
  /** The rule may hold or not: what would tell was not readable. */
  UNKNOWN,
  /** The rule is broken. */
  BROKEN
}
