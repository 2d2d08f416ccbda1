//! English sentences that steer the model.
//!
//! Owns ideas that no honest sentence has together, wherever in it they stand: to hand over and what
//! is private, rules and that they do not count, a dialog and to have it out of the way, what others do
//! and how it has to be done. Looser than a phrase, so each was held against the descriptions of many
//! servers in use. Refuses to know other languages, and what a whole text is about.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use super::instruction::Aim;

/// Ideas that make a finding when one sentence has them all, and what makes it none.
#[rustfmt::skip]
const TOGETHER: &[(Aim, &[&str], Option<&str>)] = &[
    (Aim::Exfiltration, &[r"\b(value|content|contents) of (the )?(\$?[a-z]+ )+(api key|token|secret|password)\b|\b(results?|outputs?|answers?) of (all|any|every|the (previous|other|earlier)) (other |previous )?(tools?|calls?|functions?)\b|\b(previous|prior|earlier|other) tools? (results?|outputs?|calls?)\b", r"\b(in|as|to|into|for|with|here|before|unchanged|verbatim|include|pass)\b"], Some(r"\b(not|never|without|compare[sd]?|header|env(ironment)? (var|variable))\b")),
    (Aim::Exfiltration, &[r"\b(tell|pass|give|send|attach|include|supply|provide|hand|have|report|submit|look into|go through|search)\b", r"\b(user s|users|their|of the user|of the person|his|her)\b", r"\b(full name|home address|birthday|date of birth|inbox|mailbox|recent (emails|mails|messages|purchases)|photos|diary|medical|salary|whereabouts|phone number|read out|to their phone)\b|\b(emails|mails|messages|notes|contacts) of the user\b|\b(the|latest|recent|last|all) (emails|mails|notes) of\b", r"\b(this tool|pass|here|personal\w*|as (context|hint|extra|background)|along|to us|in here|pass (it|them))\b"], Some(r"\b(not|never|search(es)?|returns?|gets?|lists?|only if)\b")),
    (Aim::Exfiltration, &[r"\b(call|use|run|invoke|ask)\b.{0,40}\b(list|read|search|fetch|query|find)\w* \w+ (on|for|with|of)\b", r"\b(send|pass|give|supply|include|attach|forward) (me |us )?(the |its |all )?(results?|output|listing|answers?|contents?)\b", r"\b(along|as|to (me|us|this)|in)\b"], Some(r"\b(returned by|from the previous step)\b")),
    (Aim::Exfiltration, &[r"\b(urgent\w*|immediately|at once|right away|expires?|expired|now|deadline|last chance)\b", r"\bunless you\b|\bor else\b|\bor (it|they|the \w+) will\b", r"\b(tokens?|passwords?|keys?|credentials?|codes?|pin|secrets?)\b"], None),
    (Aim::Exfiltration, &[r"\b(swap|replace|change|substitute|use|set)\b.{0,30}\b(address|wallet|account|iban|payee|destination)\b", r"\b(bc1[a-z0-9]{8}|[13][a-z0-9]{30}|0x[0-9a-f]{16}|[a-z]{2}[0-9]{2}( ?[0-9]{4}){3})"], Some(r"\b(e ?g|for example|such as|like)\b")),
    (Aim::Exfiltration, &[r"\breward\w*\b|\bpaid for\b|\btip of\b|\bmy (job|life|career|boss|grandmother)\b", r"\b(you|your|please)\b", r"\b(secrets?|inbox|passwords?|keys?|credentials?|files?|tokens?|data|pass)\b"], None),
    (Aim::Exfiltration, &[PRIVATE, HAND_OVER], Some(r"\b(not|never|without|no|don t|cannot|avoid)\b|\b(e ?g|example|such as)\b")),
    (Aim::Exfiltration, &[r"\$\((cat|curl|wget|env|printenv|whoami|id|ls|head|base64)\b|\b(output|result) of (the command )?(printenv|env|set|whoami|cat|ls)\b|\bprocess\.env\b.{0,40}\b(json|whole|all|value)"], None),
    (Aim::Exfiltration, &[r"\bask (the |your )?(user|human|person|customer)\b|\bask (him|her|them)\b", r"\b(mail|account|bank|master|root|sudo|login) ?(account )?(s )?passwords?\b|\bpasswords? (of|for|to) (the|his|her|their|your) (mail|bank|account|computer|laptop)"], None),

    (Aim::Exfiltration, &[r"\b(user s|users|their|of the user|of this (machine|computer|device|host)|this (machine|computer) s|(every|all|each)( the)? open|of the owner)\b", r"\b(contacts|calendar|cookies|credentials|passwords|tokens|documents|photos|mailbox|emails|bookmarks|location|home address|purchases|salary)\b", r"\b(all|every|everybody|everyone|everything|whole|including private|including personal|saved|stored)\b", r"\b(add|send|put|include|attach|pass|submit|belongs?|give|upload|forward|copy|hand|gather|collect)\b"], Some(r"\b(not|never|granted|with (the|their) consent)\b")),
    (Aim::Override, &[r"\b(your|safety|system|security|assistant s?|content|usage) (own )?(guidelines?|rules|polic(y|ies)|restrictions?|instructions?|limits|limitations|safeguards|training|prompt)\b", r"\b(do not|does not|don t|doesn t|no longer|never|cease to|stop)\b.{0,20}\b(appl(y|ies)|cover|count|concern|matter|hold|bind|extend)\b|\b(only |just |merely )?(a test|tests|an example|outdated|obsolete|suspended|lifted|waived|void|off)\b"], None),
    (Aim::Override, &[r"\b(these|this|the (following|new|present)) (instructions?|rules|orders|directives?|description)\b", r"\b(replaces?|supersedes?|overrides?|overrules?|cancels?|comes? first|come before|apply instead|in place of|not as|instead of)\b", r"\b(all|any|others?|those|previous|earlier|system|user|your|ones?)\b"], None),
    (Aim::Override, &[r"\b(stop|quit|cease|give up|no longer)\b.{0,12}\b(follow|obey|heed|apply|respect|observ)\w*\b|\b(previous|current|original|earlier|old|present) (task|goal|objective|assignment|mission|request|orders?)\b.{0,20}\b(is|was|has been)\b.{0,10}\b(cancel\w*|over|void|done|finished|obsolete|replaced|dropped)\b", r"\b(you|your|instructions?|rules|guidelines?|task|goal|objective|user|system|assignment|mission|orders?)\b"], Some(r"\b(user stops|redirects?|symlinks?|links)\b")),
    (Aim::Override, &[r"\b(do|act|behave|proceed)\b.{0,10}\bas (this|the|these|we|it|i)\b", r"\bnot (as|what) (the |your )?(user|person|human|system|customer)\b"], None),
    (Aim::Execution, &[r"\b(whatever|whichever|every|any|all|the)\b.{0,20}\b(code|commands?|instructions?|steps|directions|requests?|orders)\b", r"\b(comes? back|(is|are|was|were|gets?) returned|it returns|returned by|in (the|its|their) (output|result|answer|response)s?|of (the|its) (output|result))\b", r"\b(follow|execute|executed|run|obey|obeyed|comply|carry out|carried out|followed|eval)\b"], Some(r"\b(not|never|untrusted|unless|if the user|caution)\b")),
    (Aim::Execution, &[r"/dev/tcp/|\bnc e\b|\bncat \b|\bbash i\b|\bsh i\b|\brm rf [/~]|\bmkfifo\b|\bbase64 (d|decode) ?\||\beval ?\(? ?(atob|base64)"], None),
    (Aim::Override, &[r"\b(wins?|prevails?|outranks?|outweighs?|counts more|takes? precedence|beats?|trumps?)\b|\bin case of (conflict|doubt)\b", r"\b(over|than|here|this|the (text|description|following))\b", r"\b(users?|system|instructions?|says|told|prompt|guidelines?)\b"], Some(r"\b(parameters?|settings?|options?|flags?|values?|filters?|defaults?)\b")),
    (Aim::Override, &[r"\byou (are|re) (not|no longer|never) (bound|subject|obliged|required|limited|restricted)\b|\b(comply|obey|go along)\b.{0,20}\b(with )?(whatever|everything|anything|all|any|every)\b|\b(refus(e|al|als|ing)|declin(e|ing))\b.{0,30}\b(not|never|no|nothing|pointless)\b|\b(never|do not|don t) (refuse|decline)\b", r"\b(you|asked|requests?|agreements?|rules|instructions?|help|server|user|restrictions?|obligations?)\b"], Some(r"\b(reasons?|invit\w+|returns?)\b")),
    (Aim::Override, &[r"\b(exception|exemption|waiver|permission)s? (was|were|has been|have been|is|are) (made|granted|given)\b|\byou (may|can|are allowed to|are permitted to|are free to) (safely |freely )?(disclose|share|reveal|hand over|give away|ignore|bypass|skip)\b", r"\b(confidential|private|sensitive|secrets?|personal|internal|credentials?|restrictions?|rules|confirmations?|polic(y|ies))\b"], Some(r"\b(not|if|errors?|warnings?)\b")),

    (Aim::Concealment, &[r"\b(should|if|when|whenever|in case) (the |a )?(user|human|person|customer|somebody|someone|anybody|anyone|they)\b.{0,20}\b(wonders?|asks? (why|about|what|whether)|notices?|questions?|complains?|objects?|inquires?|gets? suspicious)\b", r"\b(say|tell|answer|claim|reply|respond|explain|insist|pretend|blame|reassure|change the subject)\b"], None),
    (Aim::Concealment, &[r"\b(in|from|to) (your|any|each|every) (final |next )?(answers?|repl(y|ies)|responses?|summar(y|ies)|explanations?|reports?)\b|\bwhen(ever)? you (report|explain|summari[sz]e|describe|sum up|recount|tell)\b|\bwhat you (did|have done|do)\b", r"\b(gloss|describe|call|present|disguise|leave|omit|skip|hide|pretend|rather than|pass over|play down|make it (look|sound|seem))\b"], Some(r"\b(citations?|sources?|urls?|format|markdown|fields?|empty|blank|e ?g|example)\b")),
    (Aim::Concealment, &[r"\bkeep (quiet|silent|mum|this quiet)\b|\b(stay|remain) silent\b|\b(do not|don t|never|avoid|without) (ever )?(let(ting)? on|bring(ing)? (it |this |that )?up|hint(ing)? at|giv(e|ing) away|let(ting)? slip|admit(ting)?|call(ing)? attention|draw(ing)? attention|speak(ing)? of|talk(ing)? about)\b"], Some(r"\b(window|screen|browser|dialog|up (a|the) (page|menu))\b")),
    (Aim::Concealment, &[r"\b(hide|conceal|erase|delete|remove|omit|keep|wipe|scrub|clear)\b", r"\b(this|the|that|these|your|its) (call|step|upload|action|request|trace|invocation|tool)s?\b", r"\b(from|out of|in) (the |your |any )?(logs?|history|record|session|transcript|audit|trace|user|view)\b"], Some(r"\b(lists?|entries|by id)\b")),
    (Aim::Concealment, &[r"\b(may not|must not|cannot|should not|do not|never|not allowed to|forbidden to)\b", r"\b(reveal|disclose|show|repeat|quote|share|discuss|describe|divulge)\b", r"\b(content|contents|wording|text|existence) of this\b|\bthis (description|text|message|paragraph|instruction|note)\b"], None),
    (Aim::Concealment, &[r"\b(need not|needn t|needs? no|no need|does not need|do not need|not necessary|unnecessary|without)\b", r"\b(mention(ed|ing)?|brought up|bring up|told|explained|announced?|commented|comment|pointed out|disclosed?|disclosure|said)\b"], Some(r"\b(parameter|argument|field|id|explicitly)\b")),
    (Aim::Concealment, &[r"\b(this|these|it|the (following|above|present|paragraph|text|note|section|sentence|description|step|instructions?))\b", r"\b(not|never) (to )?be (quoted|paraphrased|repeated|disclosed|revealed|mentioned|cited|shown to|visible to|seen by)\b|\b(confidential|secret)\b.{0,20}\b(between|do not|never|keep|not)\b|\b(remain|stay|be|keep it|kept) (invisible|hidden|unseen|unnoticed|unmentioned|secret|out of sight|undetected)\b"], Some(r"\b(secrets?|passwords?|tokens?|keys?|values?|fields?|columns?|files?|element)\b")),
    (Aim::Concealment, &[r"\b(not|never|hide|conceal|without|cannot|omit|obscure)\b", r"\b(display|show|see|seen|visible|reveal|list|mention|hide|conceal|omit|obscure)\w*\b", r"\b(in|on|from|of) (the |any |a )?(confirmation|approval|permission|consent|dialogs?|chat transcript|conversation log|prompt for (approval|permission))\b"], None),
    (Aim::Concealment, &[r"\b(speak|talk|report|write|tell (the user|them|him|her)|mention|refer|confine yourself)\b", r"\bonly (of|about|to|on|the)\b", r"\b(repl(y|ies)|answers?|response|summary|to the user)\b", r"\b(even (though|if|when)|although|despite|regardless)\b"], None),

    (Aim::Approval, &[r"\b(permission|confirmation|approval|consent|security|trust) (dialogs?|prompts?|boxe?s?|windows?|popups?|pop ups?|requests?|questions?)\b", r"\b(dismiss|accept|click|press|disabled?|switched off|turned off|skip|close|confirm|straight away|right away|automatically|on (the user s|their|his|her) behalf)\w*\b"], Some(r"\b(not|never|unless|if|whether|origin|camera|microphone|geolocation)\b")),
    (Aim::Approval, &[r"\b(you|assistants?|agents?|models?) (now |already )?(have|has|hold|enjoy|are given|were given|got) (the )?(full|complete|every|all|unlimited|blanket|standing|explicit) (permissions?|authority|consent|approval|rights|freedom)\b", r"\b(to|for|over)\b"], Some(r"\b(if|unless|until|whether|must|make sure|ensure)\b")),
    (Aim::Approval, &[r"\b(proceed|go ahead|go on|continue|carry on|act|do (it|this|so))\b", r"\b(without (waiting|asking|confirm\w*|the user|consult\w*|checking|any (word|answer))|no matter what the user|nothing you do|no consequences)\b"], None),
    (Aim::Approval, &[r"\b(this is|we are in|it is) (only |just )?(a |the )?(test|demo|sandbox|simulat\w*|training|fictional|staging)\b", r"\b(you|your|go ahead|nothing|feel free|real|no consequences|no harm)\b", r"\b(passwords?|delete|real|consequences?|secrets?|anything|harmless|rules|freely|ignore)\b"], Some(r"\b(not|api|mode)\b")),
    (Aim::Jailbreak, &[r"\b(switch|change|go|enter|move|turn) (in)?to\b", r"\b(maintenance|developer|admin|debug|root|god|unrestricted|service|recovery|diagnostic) mode\b", r"\b(skip|ignore|disable|bypass|without|all checks|no (checks|limits|rules)|anything)\b"], None),
    (Aim::Jailbreak, &[r"\b(pretend|act|behave|pose|present yourself)\b.{0,12}\b(to be|as|like)\b", r"\b(administrator|admin|root|owner|operator|developer|bank|support|employee|human|the user)\b"], Some(r"\b(acts|client acts|proxy|user agent)\b")),
    (Aim::Approval, &[r"\b(ask no questions?|no questions asked|without (further |any )?questions?)\b|\b(answer|reply|respond|say)\b.{0,60}\b(with )?(yes|ok|agreed|y)\b", r"\b(it|this|that|every|all|any|each|question|system|at once)\b"], Some(r"\b(if|yes or no|yes no|yes/no)\b")),
    (Aim::Approval, &[r"\b(suppress|silence|swallow|mute|evade|circumvent|get around|sidestep)\b", r"\b(warnings?|alerts?|prompts?|questions?|checks?|confirmations?)\b", r"\b(client|user|host|security|safety|otherwise|raise)\b"], None),
    (Aim::Approval, &[r"\b(all|every|any|each|these|this) (further |future |following |later |such )?(calls?|requests?|actions?|operations?|tools?|commands?|steps)\b", r"\b(was|were|are|is|been|being|counts? as) (already |fully |pre ?)?(approved|authori[sz]ed|consented|cleared|whitelisted|trusted)\b"], Some(r"\b(not|only|unless|if|until|whether|once|must|when)\b")),

    (Aim::Precedence, &[r"\b(highest|top|maximum|utmost|absolute) (priority|precedence)\b|\b(first|mandatory|required|initial) step (of|in|for) (any|every|each|all)\b|\b(whatever|whichever|no matter (what|which|how)|regardless of what)\b.{0,30}\b(user|task|about|asks?|asked|request|wants?)\b|\beven (if|when|though)\b.{0,30}\b(fit|suitable|relevant|related|asked|needed|better|match)\w*\b|\balways the (one|tool|right|first|best)\b", r"\b(tool|tools|step|select|choose|pick|call|use|take|prefer|task|over)\b"], Some(r"\b(issue|ticket|bug|incident|priority (issues?|tickets?|level|queue))\b")),
    (Aim::Precedence, &[r"\b(any|every|all|each) (other )?(tool|function)( call| result)?s?\b|\bother (tools|functions)\b|\bresults? of (all|any|every|other|each)\b", r"\b(after|before|once|through|first|instead|ahead|rather|prior)\b", r"\b(you|call|use|run|pass|have to|has to|must|should|shown|answer)\b"], Some(r"\b(not|never|this tool is not|fail\w*|unavailable)\b")),
    (Aim::Precedence, &[r"\b(usual|normal|regular|standard|built in|native|default|ordinary|existing|common) (\w+ )?(tool|reader|writer|search|client|function|command|calculator|server|browser|editor)s?\b|\b(any|all|every|the) (other |known )?(alternatives?|rivals?)\b", r"\b(corrupts?|broken|unreliable|inaccurate|wrong|dangerous|unsafe|loses|insecure|outdated|stick to|avoid|ahead of|over|has to be chosen|must be (chosen|preferred|used))\b"], None),
    (Aim::Precedence, &[r"\b(run|call|use|invoke|called|invoked|consult|start|started|executed)\b", r"\bbefore (you )?(do|doing|start|starting|say|saying|answer|answering|read|reading) anything\b|\bupon connect\w*|\bas soon as (you are |it is |the \w+ is )?(connected|available|loaded|listed|you (see|read) this)\b|\bwhenever the (user|person|human) (says|writes|asks|sends|types) (any|some)\w*|\bwithout being asked\b|\bon (every|each|any) occasion\b"], None),
    (Aim::Precedence, &[r"\b(have|use|let|tell|make|ask|through|via|with) (the|a|your) (shell|terminal|bash|command|exec|mail|email|payment|messaging|file system|filesystem) tool\b", r"\b(before|first|do|run|send|pip|npm|install|execute|delete|read|write|then|to)\b"], Some(r"\b(instead|not|rather)\b")),
    (Aim::Precedence, &[r"\b(takes over|replaces|supersedes|route|direct|channel|funnel|pipe|send|run|push)\b", r"\b(all|every|any|each)( other| the| of the| kind of| your)? (search|file|mail|web|database|network|api|shell|code|traffic|tools?|access|requests?)( access| tools?| traffic| requests?| quer(y|ies)| calls?| operations?| searches)?\b", r"\b(through|via|over|by way of|to|job|work|instead|only for compatibility)\b (it|this|here|of)\b"], Some(r"\b(not|proxy|gateway)\b")),
    (Aim::Precedence, &[r"\b(when|whenever|each time|every time|any time|for (every|each|any)|all|any other tool|other tools?|whatever tool)\b", r"\b(commits?|emails?|mails?|payments?|transfers?|invoices?|files? that|messages? (is|are)|calendar tool|mail tool|events?|transactions?|orders?)\b.{0,30}\b(is|are|gets?|goes|go|has|have|with|creates?|sends?|writes?|made)\b", r"\b(set|add|put|invite|use|include|name|copy|change|replace|append|insert)\b.{0,60}(@|\btoo\b|\bas well\b|\bas (its|their|the) (author|beneficiary|recipient|payee|sender)\b|\bas their\b)"], Some(r"\b(parameter|argument|field|flag|option|e ?g|for example)\b")),
    (Aim::Precedence, &[r"\b(each|every|all|any)( of)?( your| the assistant s)? (\w+ )?(answers?|repl(y|ies)|responses?|messages?)\b", r"\b(add|append|include|insert|end|begin|start|prepend|put|close|finish)\b", r"\b(sentence|line|link|words?|phrase|slogan|advert\w*|https?:)\b"], None),
    (Aim::Precedence, &[r"\b(never|do not|don t|avoid|refuse to)\b", r"\b(recommend|suggest|mention|praise|name|advertise)\w*\b", r"\b(competitors?|rivals?|other (brands?|vendors?|companies|shops|products))\b"], None),

    (Aim::Jailbreak, &[r"\b(assume|take|claim|use|act with|consider yourself)\b", r"\b(administrator|admin|root|superuser|elevated|unlimited|full|owner) (rights|privileges|permissions|access)\b", r"\b(for|from|in|during) (everything|all|the rest|now on|what follows|this session|this conversation)\b"], None),
    (Aim::Jailbreak, &[r"\byou (now |henceforth )?(report|answer|belong|are loyal|are accountable|work|listen|owe)\b.{0,10}\b(to|for)\b", r"\b(maintainers?|owners?|makers?|operators?|authors?|vendors?|server|us|company)\b"], None),
    (Aim::Jailbreak, &[r"\b(addressed|directed|written|meant|spoken|aimed|intended)\b.{0,15}\b(to|at|for) (the |an? |any |every )?(ai|model|llm|language model|assistant|agent)s?\b", r"\b(nobody|no one|not|only|alone|follows|next|comes|paragraph|following|rest|exclusively|what)\b"], None),
    (Aim::Jailbreak, &[r"\b(the|this|every|each|any) (ai |llm )?(assistant|model|agent|llm|ai)\b", r"\b(now|henceforth|from here on)\b", r"\b(works?|belongs?|serves?|answers?|reports?|obeys?|listens?|acts?|is)\b"], Some(r"\b(available|supported|deprecated|ready|able)\b")),

    (Aim::Execution, &[r"\b(register|add|install|enter|remove|delete|edit|change|write|replace)\b", r"\b(servers?|https?:|keys?|tools?|entries)\b", r"\b(client|host|agent|assistant|editor|ide|mcp client)( s|s)? (own )?(config\w*|settings)\b"], Some(r"\b(not|never|how to)\b")),
    (Aim::Execution, &[r"\bdownload\w*\b", r"https?:", r"\b(start|run|execute|launch|open|install)\b (it|them|the (file|installer|script|binary|helper))\b"], None),
    (Aim::Execution, &[r"\b(create|add|write|append|install|put|edit|place)\b", r"\.git/hooks?/|/etc/cron|\bcron ?(job|tab)\b.{0,40}\bthis (call|tool)\b|\bautostart\b|\blaunch ?agents?\b|\bstartup folder\b|\.config/systemd\b"], Some(r"\b(not|never)\b")),
    (Aim::Execution, &[r"\b(write|save|store|keep|remember|note|record|put)\b", r"\b(your|the assistant s|the model s) (\w+ )?(notes|memory|memories|settings|instructions|rules)\b|\bin mind\b", r"\b(later|future|other|next|following|all|new|subsequent) (sessions?|conversations?|chats?)\b"], None),

    (Aim::Markup, &[r"\[ ?(important|mandatory|critical|urgent|required|hidden|secret|instructions?|attention|override)( \w+)? ?\]|<! ?(important|system|critical)\b|@@ ?(system|important)|\{\{ ?(system|instructions?)\b", r"\b(user|you|your|read|pass|send|must|do not|never|always|first|call)\b"], None),
    (Aim::Markup, &[r"[=#~*<\[ ]{3,}\b(end|begin\w*|start) of (the )?(tools?|tool list|system|list|description|context|documents?|instructions?|prompt|metadata)\b|\brole ?: ?system ?, ?content ?:|</ ?(tool (result|output|response|use|call)s?|function (result|call)s?|user|human|assistant( response)?)>"], Some(r"\bexamples?\b")),
];

/// What an honest tool has no use for.
const PRIVATE: &str = r"\b(shell|bash|zsh|browsing|command) history\b|\b(address book|phone book|contact list)\b|\b(browser|chrome|firefox|saved|stored)( s)? (\w+ )?(logins|passwords|cookies|credentials|bookmarks)\b|\bkeychain\b|\b(seed|recovery) phrase\b|\.(pem|key|p12|pfx|kdbx)\b|(~|\$home|%userprofile%)/(\.\w|documents|desktop|downloads|pictures)|\b(home directory|printenv|env(ironment)? (vars|variables?)|dotenv)\b|\b(token|key|secret|password)s? (in|from) the environment\b|\b(instructions?|rules|prompts?|messages) (that )?you (were|have been|are|got) (given|told|shown|sent)?|\b(instructions?|messages?|prompt) (given|sent|shown) to you\b|\b(system|developer) (prompt|message|instructions)\b|\b(conversation|chat) (history|transcript|log|so far)\b|\b(this|our|the (whole|full|entire|current|present|ongoing)) (conversation|chat|dialogue|session s? (text|messages))\b|\bwhat the (user|person|human) (has |is |was )?(\w+ )?(said|told|asked|wrote|written|typed|working|doing)\b|\b(authorization header|bearer token|session token|session cookies?)\b of (the|this|your) (client|user|session|host)\b";

/// To move something into a call.
const HAND_OVER: &str = r"\b(pass|put|suppl(y|ied)|submit(ted)?|include|attach(ed)?|send|give|given (as|to|in|into)|provide|exported|paste|upload(ed)?|hand(ed)? over|forward(ed)?|embed|encode|copy|copied|transmit|disclose|must (hold|contain|carry|be)|has to (hold|contain|carry|be)|filled? (with|from)|fill it|report)\b";

/// Nothing if a pattern were broken, which a test rules out: then every text is a finding.
static IDEAS: LazyLock<Option<Vec<Ideas>>> = LazyLock::new(|| {
    // Bytes, because the text is ASCII, which makes small automatons.
    let idea = |idea: &str| RegexBuilder::new(idea).unicode(false).build().ok();
    let built = TOGETHER.iter().map(|(aim, all, unless)| {
        let unless = match unless {
            Some(unless) => Some(idea(unless)?),
            None => None,
        };
        let all = all.iter().map(|pattern| idea(pattern));
        Some(Ideas {
            aim: *aim,
            all: all.collect::<Option<_>>()?,
            unless,
        })
    });
    built.collect()
});

/// One line of [`TOGETHER`], ready to be looked for.
struct Ideas {
    aim: Aim,
    all: Vec<Regex>,
    unless: Option<Regex>,
}

/// What the sentences of folded Latin text say to the model, with the words that show it.
pub(super) fn find(latin: &str) -> Vec<(Aim, &str)> {
    let Some(together) = &*IDEAS else {
        return vec![(Aim::Markup, "the sentences cannot be read")];
    };
    let mut found = Vec::new();
    // An end is followed by a blank: `~/.ssh` and `agents.md` have none.
    let ends = [". ", "! ", "? "];
    let mut rest = latin;
    while !rest.is_empty() {
        let end = ends.iter().filter_map(|end| rest.find(end)).min();
        let (sentence, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        rest = after;
        for ideas in together {
            let has = |idea: &Regex| idea.is_match(sentence.as_bytes());
            if ideas.all.iter().all(has) && !ideas.unless.as_ref().is_some_and(has) {
                found.push((ideas.aim, sentence));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_idea_can_be_looked_for() {
        for (_, ideas, unless) in TOGETHER {
            for idea in ideas.iter().chain(unless.iter()) {
                let built = RegexBuilder::new(idea).unicode(false).build();
                assert!(built.is_ok(), "{built:?}");
            }
        }
    }

    #[test]
    fn ideas_are_found_in_one_sentence_and_not_in_two() {
        let found = find("put in here what is kept. the shell history goes into trace, attached");
        assert!(matches!(&*found, [(Aim::Exfiltration, _)]), "{found:?}");
        assert_eq!(find("searches the shell history. attach a file"), []);
        assert_eq!(find("never pass the shell history"), []);
        assert_eq!(find(""), []);
    }
}
