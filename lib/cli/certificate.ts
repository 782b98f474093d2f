import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A key and its certificate, both PEM. The certificate is its own authority: give it as `ca` to who is to trust it. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** The types of ASN.1 that a certificate is made of. */
const tag = { integer: 0x02, bits: 0x03, bytes: 0x04, oid: 0x06, text: 0x0c, time: 0x17, sequence: 0x30, set: 0x31 } as const
/** A certificate's fields are told apart by tags of its own: its version, its extensions; a name in DNS, an address. */
const field = { version: 0xa0, extensions: 0xa3, dnsName: 0x82, address: 0x87 } as const

const oid = {
  ecdsaWithSha256: Buffer.from('2a8648ce3d040302', 'hex'),
  commonName: Buffer.from('550403', 'hex'),
  subjectAltName: Buffer.from('551d11', 'hex')
}

/**
 * Makes a certificate for this machine, `localhost` and 127.0.0.1, valid from an hour ago for a day. Node makes keys but
 * no certificates, and a demonstration can't ask for OpenSSL: it is some three hundred bytes of DER (RFC 5280), no more.
 */
export function selfSigned (now = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(tag.sequence, der(tag.oid, oid.ecdsaWithSha256))
  const name = der(tag.sequence, der(tag.set, der(tag.sequence, der(tag.oid, oid.commonName), der(tag.text, Buffer.from('localhost')))))
  const names = der(tag.sequence, der(field.dnsName, Buffer.from('localhost')), der(field.address, Buffer.of(127, 0, 0, 1)))
  const body = der(tag.sequence,
    der(field.version, der(tag.integer, Buffer.of(2))),
    // A serial number is positive and has no leading zero: its first byte is from 1 to 127.
    der(tag.integer, Buffer.of(1), randomBytes(15)),
    algorithm,
    name,
    der(tag.sequence, time(now - 3_600_000), time(now + 86_400_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(field.extensions, der(tag.sequence, der(tag.sequence, der(tag.oid, oid.subjectAltName), der(tag.bytes, names))))
  )
  const signature = der(tag.bits, Buffer.of(0), sign('sha256', body, privateKey))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(der(tag.sequence, body, algorithm, signature))
  }
}

/** One value: its tag, its length, its content. */
function der (type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(type, ...prefix), content])
}

/** YYMMDDHHMMSSZ, which is right until 2049. */
function time (ms: number): Buffer {
  return der(tag.time, Buffer.from(new Date(ms).toISOString().replace(/^..|[-T:]|\.\d+/g, '')))
}

function pem (bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
