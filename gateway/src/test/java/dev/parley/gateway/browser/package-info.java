/**
 * The pages in a real browser, as people use them. {@code Chromium} finds the browser or installs it, {@code InTheBrowser}
 * starts the gateway, and the page objects say in words what a person does. Start at {@code DemoPageIntegrationTests}.
 */
@NullMarked
package dev.parley.gateway.browser;

import org.jspecify.annotations.NullMarked;
