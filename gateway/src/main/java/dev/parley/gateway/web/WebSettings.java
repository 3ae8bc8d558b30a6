package dev.parley.gateway.web;

import dev.parley.gateway.settings.SettingException;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Limits of HTTP requests.
 *
 * @param maxBodyBytes the largest body that is read, 1 KB to 1 MB
 */
@ConfigurationProperties("parley.web")
record WebSettings(@DefaultValue("64KB") DataSize maxBodyBytes) {

    WebSettings {
        if (maxBodyBytes.toBytes() < 1024 || maxBodyBytes.toBytes() > 1024 * 1024) {
            throw new SettingException("parley.web.max-body-bytes", maxBodyBytes + " (expected: 1KB to 1MB)");
        }
    }
}
