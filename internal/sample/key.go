package sample

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// PublicKey is one entry of ListPublicKeys.
type PublicKey struct {
	Region      string    // not in AWS's answer: every region has its own list
	Value       []byte    // PKCS#1 DER
	From, Until time.Time // validity
	Fingerprint string    // lower-case hex MD5 of Value
}

// Key is an RSA-2048 signing key with what ListPublicKeys says of it.
type Key struct {
	PublicKey
	private *rsa.PrivateKey
}

// NewKey derives a key from a seed and a label: equal arguments give an equal key. It takes about 0.1 s.
func NewKey(seed uint64, label string, from, until time.Time) (*Key, error) {
	r := newStream(seed, "key/"+label)
	e := big.NewInt(65537)
	p := prime(r, 1024, e)
	q := prime(r, 1024, e)
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	private := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(e, phi),
		Primes:    []*big.Int{p, q},
	}
	private.Precompute()
	if err := private.Validate(); err != nil {
		return nil, fmt.Errorf("derive key %q: %w", label, err)
	}
	der := x509.MarshalPKCS1PublicKey(&private.PublicKey)
	sum := md5.Sum(der)
	return &Key{
		PublicKey: PublicKey{Value: der, From: from, Until: until, Fingerprint: hex.EncodeToString(sum[:])},
		private:   private,
	}, nil
}

// prime finds the first prime p at or after a random odd number, with its two top bits set (so that a product of two
// has full length) and p-1 prime to e. Small divisors are sieved away before the costly test.
func prime(r *stream, bits int, e *big.Int) *big.Int {
	small := smallPrimes(1 << 13)
	residues := make([]uint64, len(small))
	one := big.NewInt(1)
	for {
		base := new(big.Int).SetBytes(r.bytes(bits / 8))
		base.SetBit(base, bits-1, 1).SetBit(base, bits-2, 1).SetBit(base, 0, 1)
		for i, s := range small {
			residues[i] = new(big.Int).Mod(base, new(big.Int).SetUint64(s)).Uint64()
		}
	next:
		for delta := uint64(0); delta < 1<<15; delta += 2 {
			for i, s := range small {
				if (residues[i]+delta)%s == 0 {
					continue next
				}
			}
			p := new(big.Int).Add(base, new(big.Int).SetUint64(delta))
			if p.BitLen() != bits || !p.ProbablyPrime(4) {
				continue
			}
			if new(big.Int).GCD(nil, nil, e, new(big.Int).Sub(p, one)).Cmp(one) == 0 {
				return p
			}
		}
	}
}

func smallPrimes(below int) []uint64 {
	composite := make([]bool, below)
	var primes []uint64
	for i := 3; i < below; i += 2 {
		if composite[i] {
			continue
		}
		primes = append(primes, uint64(i))
		for j := i * i; j < below; j += 2 * i {
			composite[j] = true
		}
	}
	return primes
}

// PublicKeysJSON is what `aws cloudtrail list-public-keys` (AWS CLI v2) would print if it knew the keys of all
// regions.
func PublicKeysJSON(keys []PublicKey) ([]byte, error) {
	type entry struct {
		Value             string
		ValidityStartTime string
		ValidityEndTime   string
		Fingerprint       string
	}
	list := struct{ PublicKeyList []entry }{[]entry{}}
	for _, k := range keys {
		list.PublicKeyList = append(list.PublicKeyList, entry{
			Value:             base64.StdEncoding.EncodeToString(k.Value),
			ValidityStartTime: k.From.UTC().Format(isoOffset),
			ValidityEndTime:   k.Until.UTC().Format(isoOffset),
			Fingerprint:       k.Fingerprint,
		})
	}
	b, err := json.MarshalIndent(list, "", "    ")
	if err != nil {
		return nil, fmt.Errorf("print public keys: %w", err)
	}
	return append(b, '\n'), nil
}
