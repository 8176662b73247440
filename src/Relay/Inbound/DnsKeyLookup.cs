using Relay.Dkim;
using Relay.Dns;

namespace Relay;

/// <summary>DKIM key records from our resolver.</summary>
internal sealed class DnsKeyLookup(IDnsResolver resolver) : IDkimKeyLookup
{
    public async ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken)
    {
        var answer = await resolver.LookupTxtAsync(name, cancellationToken);
        return answer.IsSuccess ? DkimKeyAnswer.Found([.. answer.Records.Select(record => record.Text)])
            : answer.IsTemporary ? DkimKeyAnswer.TemporaryFailure
            : DkimKeyAnswer.None;
    }
}
