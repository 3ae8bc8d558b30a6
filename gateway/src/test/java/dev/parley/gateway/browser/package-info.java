/**
 * The pages in a real browser, as people use them: {@code Browsers} finds or installs Chromium, the page objects say in
 * words what a person does. Start at {@code DemoPageIntegrationTests}.
 */
@NullMarked
package dev.parley.gateway.browser;

import org.jspecify.annotations.NullMarked;
