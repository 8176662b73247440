namespace Relay.Dns;

/// <summary>The record types we ask for or must understand in an answer; other numbers pass through unread.</summary>
internal enum RecordType : ushort
{
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Opt = 41,
    Tlsa = 52,
}
