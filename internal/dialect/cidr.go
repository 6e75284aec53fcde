package dialect

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// ErrNotAddress says that a text is no IP address. CloudTrail's sourceIPAddress often is the name of a service.
var ErrNotAddress = errors.New("not an IP address")

// InCIDR is the function ip_in_cidr: whether ip lies in cidr. A cidr without a slash is a single address. An IPv4 address
// written as IPv6 is the IPv4 address. The error is ErrNotAddress for an ip that is none, for which ip_in_cidr is NULL;
// any other error is about cidr, and ends the query.
func InCIDR(ip, cidr string) (bool, error) {
	prefix, err := parseCIDR(cidr)
	if err != nil {
		return false, err
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Zone() != "" {
		return false, ErrNotAddress
	}
	return prefix.Contains(addr.Unmap()), nil
}

func parseCIDR(cidr string) (netip.Prefix, error) {
	if !strings.Contains(cidr, "/") {
		addr, err := netip.ParseAddr(cidr)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q is neither an IP address nor a CIDR block", cidr)
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an IP address nor a CIDR block", cidr)
	}
	if a := prefix.Addr(); a.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), nil
}
