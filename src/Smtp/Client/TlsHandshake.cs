using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay.Smtp.Client;

/// <summary>One client handshake: keeps what the validation saw, so that success and failure can be told in words.</summary>
internal sealed class TlsHandshake
{
    private static readonly IdnMapping Names = new();

    private readonly SslClientAuthenticationOptions _options;
    private readonly string? _host;
    private readonly RemoteCertificateValidationCallback? _decide;
    private SslPolicyErrors _errors = SslPolicyErrors.RemoteCertificateNotAvailable;
    private string _chainTrouble = string.Empty;
    private bool _isRejected;

    /// <summary>The stream is disposed together with the one made here; <paramref name="options"/> stay untouched and may be shared.</summary>
    public TlsHandshake(Stream stream, SslClientAuthenticationOptions options)
    {
        Stream = new SslStream(stream, leaveInnerStreamOpen: false);
        _decide = options.RemoteCertificateValidationCallback;
        _host = options.TargetHost;
        _options = Copy(options);
        _options.TargetHost = IsNameable(_host) ? _host : string.Empty;
        _options.RemoteCertificateValidationCallback = Validate;
    }

    public SslStream Stream { get; }

    /// <summary>It was our validation that ended the handshake.</summary>
    public bool IsCertificateRefused => _isRejected;

    /// <summary>Failures of the handshake itself, besides those of the transport.</summary>
    /// <remarks>Some parts of a certificate are read without care: what is wrong with them comes as an error of the reader.</remarks>
    public static bool IsFailure(Exception trouble) =>
        trouble is AuthenticationException or Win32Exception or InvalidOperationException or NotSupportedException or CryptographicException or ArgumentException;

    public async ValueTask<TlsInfo> RunAsync(CancellationToken cancellationToken)
    {
        await Stream.AuthenticateAsClientAsync(_options, cancellationToken);
        return new TlsInfo(ProtocolName(Stream.SslProtocol), Stream.NegotiatedCipherSuite.ToString(), _errors == SslPolicyErrors.None);
    }

    /// <summary>The reason as one sentence for the operator.</summary>
    public string Explain(Exception trouble)
    {
        if (_isRejected)
        {
            return "the TLS certificate was refused: " + DescribeErrors();
        }

        return trouble is AuthenticationException or Win32Exception or CryptographicException or ArgumentException
            ? "the TLS handshake failed: " + ((trouble.InnerException as AuthenticationException ?? trouble.InnerException ?? trouble).Message)
            : "the connection was lost during the TLS handshake";
    }

    internal static SslClientAuthenticationOptions Copy(SslClientAuthenticationOptions options)
    {
        var copy = new SslClientAuthenticationOptions
        {
            AllowRenegotiation = options.AllowRenegotiation,
            AllowTlsResume = options.AllowTlsResume,
            ApplicationProtocols = options.ApplicationProtocols,
            CertificateChainPolicy = options.CertificateChainPolicy,
            CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
            CipherSuitesPolicy = options.CipherSuitesPolicy,
            ClientCertificateContext = options.ClientCertificateContext,
            ClientCertificates = options.ClientCertificates,
            EnabledSslProtocols = options.EnabledSslProtocols,
            EncryptionPolicy = options.EncryptionPolicy,
            LocalCertificateSelectionCallback = options.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
            TargetHost = options.TargetHost,
        };
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            copy.AllowRsaPkcs1Padding = options.AllowRsaPkcs1Padding;
            copy.AllowRsaPssPadding = options.AllowRsaPssPadding;
        }

        return copy;
    }

    /// <summary>
    /// DNS allows names that no certificate can bear, as with a hyphen at an end or broken punycode, and SslStream throws on them. The handshake
    /// asks for no name then, and the certificate counts as one of another host.
    /// </summary>
    private static bool IsNameable(string? host)
    {
        try
        {
            return string.IsNullOrEmpty(host) || IPAddress.TryParse(host, out _) || Names.GetAscii(host).Length > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _errors = errors;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && chain is not null)
        {
            _chainTrouble = string.Join(", ", chain.ChainStatus.Select(static status => status.Status).Distinct());
        }

        var isAccepted = _decide?.Invoke(sender, certificate, chain, errors) ?? errors == SslPolicyErrors.None;
        _isRejected = !isAccepted;
        return isAccepted;
    }

    private string DescribeErrors()
    {
        if (_errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "the peer showed none";
        }

        if (_errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return $"it does not name {_host}";
        }

        return _errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? $"its chain is not trusted ({_chainTrouble})"
            : "it does not satisfy the TLS policy";
    }

    private static string ProtocolName(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLS1.2",
        SslProtocols.Tls13 => "TLS1.3",
        _ => protocol.ToString(),
    };
}
