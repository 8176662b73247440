namespace Relay.Dns;

/// <summary>RFC 1035 §4.1.1; values above 15 need the upper bits in the OPT record (RFC 6891 §6.1.3).</summary>
internal enum ResponseCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NameError = 3,
    NotImplemented = 4,
    Refused = 5,
    BadVersion = 16,
}

internal static class ResponseCodeNames
{
    /// <summary>The name operators know from their tools, for example SERVFAIL.</summary>
    public static string ToMnemonic(this ResponseCode code) => code switch
    {
        ResponseCode.NoError => "NOERROR",
        ResponseCode.FormatError => "FORMERR",
        ResponseCode.ServerFailure => "SERVFAIL",
        ResponseCode.NameError => "NXDOMAIN",
        ResponseCode.NotImplemented => "NOTIMP",
        ResponseCode.Refused => "REFUSED",
        ResponseCode.BadVersion => "BADVERS",
        _ => $"RCODE {(int)code}",
    };
}
