package dev.parley.gateway;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/** Gives each application event loops of its own: the shared ones would end with whichever ends first in a process. */
@Configuration(proxyBeanMethods = false)
class NettyConfiguration {

    @Bean
    ReactorResourceFactory nettyResources() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        return resources;
    }
}
