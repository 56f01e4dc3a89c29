// SPDX-License-Identifier: Apache-2.0
/**
 * Putting the identity mapping in place and taking it out: a plan made on a draft, a journal on
 * disk before the first store, every store read back, and the way back word by word.
 */
package org.crashlane.arming;
