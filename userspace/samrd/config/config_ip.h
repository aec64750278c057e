/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IP addresses as links of kinds udp and rdma have them: 16 bytes, an IPv4 one as IPv6 maps it,
 * and 2 for a port where one goes with it. samrctl uses this, too.
 */
#ifndef SAMRD_CONFIG_IP_H
#define SAMRD_CONFIG_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_LEN		16
#define IP_PORT_LEN	18
#define IP_TEXT_MAX	64	/* with the 0 */

/** ip_parse - "10.0.0.1" or "fd00::1"; false: it is neither */
bool ip_parse(const char *text, uint8_t ip[IP_LEN]);

/**
 * ip_parse_port - also "10.0.0.1:7374" and "[fd00::1]:7374"
 *
 * Return: bytes of @address, IP_LEN or IP_PORT_LEN, or 0 when it is none.
 */
size_t ip_parse_port(const char *text, uint8_t address[IP_PORT_LEN]);

/** ip_format - the other way; @len is IP_LEN or IP_PORT_LEN. Return: @text */
const char *ip_format(const void *address, size_t len, char text[IP_TEXT_MAX]);

/** ip_is_group - a multicast address? */
bool ip_is_group(const uint8_t ip[IP_LEN]);

/** ip_is_v4 - an IPv4 address? */
bool ip_is_v4(const uint8_t ip[IP_LEN]);

#endif /* SAMRD_CONFIG_IP_H */
