using Relay.Senders;
using Relay.Storage;

namespace Relay;

/// <summary>What a start needs besides the stores: key ring, certificate, and at the very first start the admin token.</summary>
internal sealed class ServerSecrets
{
    private ServerSecrets(KeyRing keyRing, CertificateStore certificates, string? firstToken)
    {
        KeyRing = keyRing;
        Certificates = certificates;
        FirstToken = firstToken;
    }

    public KeyRing KeyRing { get; }

    public CertificateStore Certificates { get; }

    /// <summary>In clear, to be shown once; null when there was a token already.</summary>
    public string? FirstToken { get; }

    /// <exception cref="OperatorException">A file cannot be read or written; the message names it.</exception>
    public static async Task<ServerSecrets> OpenAsync(
        RelayOptions options, RelayStores stores, TimeProvider time, CancellationToken cancellationToken)
    {
        var ringFile = Path.Combine(options.Data, "master.key");
        try
        {
            var keyRing = KeyRing.LoadOrCreate(ringFile);
            var certificates = new CertificateStore(
                options.Tls.ToFiles(),
                [.. options.ToFurtherCertificates()],
                [.. options.ToClientIssuers()],
                options.Tls.Minimum == TlsVersion.Tls13,
                options.Data,
                options.Hostname.Ascii,
                time);
            return new ServerSecrets(keyRing, certificates, await FirstTokenAsync(options, stores, time, cancellationToken));
        }
        catch (CertificateException trouble)
        {
            throw new OperatorException(trouble.Message, ExitCodes.Configuration, trouble);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new OperatorException($"the data folder's secrets cannot be read or written ({ringFile}, {options.Admin.TokenFile}): {trouble.Message}", ExitCodes.CannotCreate, trouble);
        }
    }

    // The token stays valid when its file is deleted; 'relay token rotate' replaces it.
    private static async Task<string?> FirstTokenAsync(RelayOptions options, RelayStores stores, TimeProvider time, CancellationToken cancellationToken)
    {
        var token = await new AdminTokens(stores.Credentials, stores.Audit, time).CreateFirstAsync(cancellationToken);
        if (token is not null)
        {
            TokenFile.Write(options.Admin.TokenFile, token);
        }

        return token;
    }
}
