"""The word lists in which wallets' secrets are written down as words, so that they can be recognised.

The order matters: a word's place in its list is the number that it stands for.
"""

from __future__ import annotations

from typing import Final

# Source: BIP-39, the English list.
BIP39_WORDS: Final = """
abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid
acoustic acquire across act action actor actress actual adapt add addict address adjust admit adult advance advice
aerobic affair afford afraid again age agent agree ahead aim air airport aisle alarm album alcohol alert alien all
alley allow almost alone alpha already also alter always amateur amazing among amount amused analyst anchor ancient
anger angle angry animal ankle announce annual another answer antenna antique anxiety any apart apology appear apple
approve april arch arctic area arena argue arm armed armor army around arrange arrest arrive arrow art artefact
artist artwork ask aspect assault asset assist assume asthma athlete atom attack attend attitude attract auction
audit august aunt author auto autumn average avocado avoid awake aware away awesome awful awkward axis baby bachelor
bacon badge bag balance balcony ball bamboo banana banner bar barely bargain barrel base basic basket battle beach
bean beauty because become beef before begin behave behind believe below belt bench benefit best betray better
between beyond bicycle bid bike bind biology bird birth bitter black blade blame blanket blast bleak bless blind
blood blossom blouse blue blur blush board boat body boil bomb bone bonus book boost border boring borrow boss
bottom bounce box boy bracket brain brand brass brave bread breeze brick bridge brief bright bring brisk broccoli
broken bronze broom brother brown brush bubble buddy budget buffalo build bulb bulk bullet bundle bunker burden
burger burst bus business busy butter buyer buzz cabbage cabin cable cactus cage cake call calm camera camp can
canal cancel candy cannon canoe canvas canyon capable capital captain car carbon card cargo carpet carry cart case
cash casino castle casual cat catalog catch category cattle caught cause caution cave ceiling celery cement census
century cereal certain chair chalk champion change chaos chapter charge chase chat cheap check cheese chef cherry
chest chicken chief child chimney choice choose chronic chuckle chunk churn cigar cinnamon circle citizen city civil
claim clap clarify claw clay clean clerk clever click client cliff climb clinic clip clock clog close cloth cloud
clown club clump cluster clutch coach coast coconut code coffee coil coin collect color column combine come comfort
comic common company concert conduct confirm congress connect consider control convince cook cool copper copy coral
core corn correct cost cotton couch country couple course cousin cover coyote crack cradle craft cram crane crash
crater crawl crazy cream credit creek crew cricket crime crisp critic crop cross crouch crowd crucial cruel cruise
crumble crunch crush cry crystal cube culture cup cupboard curious current curtain curve cushion custom cute cycle
dad damage damp dance danger daring dash daughter dawn day deal debate debris decade december decide decline
decorate decrease deer defense define defy degree delay deliver demand demise denial dentist deny depart depend
deposit depth deputy derive describe desert design desk despair destroy detail detect develop device devote diagram
dial diamond diary dice diesel diet differ digital dignity dilemma dinner dinosaur direct dirt disagree discover
disease dish dismiss disorder display distance divert divide divorce dizzy doctor document dog doll dolphin domain
donate donkey donor door dose double dove draft dragon drama drastic draw dream dress drift drill drink drip drive
drop drum dry duck dumb dune during dust dutch duty dwarf dynamic eager eagle early earn earth easily east easy echo
ecology economy edge edit educate effort egg eight either elbow elder electric elegant element elephant elevator
elite else embark embody embrace emerge emotion employ empower empty enable enact end endless endorse enemy energy
enforce engage engine enhance enjoy enlist enough enrich enroll ensure enter entire entry envelope episode equal
equip era erase erode erosion error erupt escape essay essence estate eternal ethics evidence evil evoke evolve
exact example excess exchange excite exclude excuse execute exercise exhaust exhibit exile exist exit exotic expand
expect expire explain expose express extend extra eye eyebrow fabric face faculty fade faint faith fall false fame
family famous fan fancy fantasy farm fashion fat fatal father fatigue fault favorite feature february federal fee
feed feel female fence festival fetch fever few fiber fiction field figure file film filter final find fine finger
finish fire firm first fiscal fish fit fitness fix flag flame flash flat flavor flee flight flip float flock floor
flower fluid flush fly foam focus fog foil fold follow food foot force forest forget fork fortune forum forward
fossil foster found fox fragile frame frequent fresh friend fringe frog front frost frown frozen fruit fuel fun
funny furnace fury future gadget gain galaxy gallery game gap garage garbage garden garlic garment gas gasp gate
gather gauge gaze general genius genre gentle genuine gesture ghost giant gift giggle ginger giraffe girl give glad
glance glare glass glide glimpse globe gloom glory glove glow glue goat goddess gold good goose gorilla gospel
gossip govern gown grab grace grain grant grape grass gravity great green grid grief grit grocery group grow grunt
guard guess guide guilt guitar gun gym habit hair half hammer hamster hand happy harbor hard harsh harvest hat have
hawk hazard head health heart heavy hedgehog height hello helmet help hen hero hidden high hill hint hip hire
history hobby hockey hold hole holiday hollow home honey hood hope horn horror horse hospital host hotel hour hover
hub huge human humble humor hundred hungry hunt hurdle hurry hurt husband hybrid ice icon idea identify idle ignore
ill illegal illness image imitate immense immune impact impose improve impulse inch include income increase index
indicate indoor industry infant inflict inform inhale inherit initial inject injury inmate inner innocent input
inquiry insane insect inside inspire install intact interest into invest invite involve iron island isolate issue
item ivory jacket jaguar jar jazz jealous jeans jelly jewel job join joke journey joy judge juice jump jungle junior
junk just kangaroo keen keep ketchup key kick kid kidney kind kingdom kiss kit kitchen kite kitten kiwi knee knife
knock know lab label labor ladder lady lake lamp language laptop large later latin laugh laundry lava law lawn
lawsuit layer lazy leader leaf learn leave lecture left leg legal legend leisure lemon lend length lens leopard
lesson letter level liar liberty library license life lift light like limb limit link lion liquid list little live
lizard load loan lobster local lock logic lonely long loop lottery loud lounge love loyal lucky luggage lumber lunar
lunch luxury lyrics machine mad magic magnet maid mail main major make mammal man manage mandate mango mansion
manual maple marble march margin marine market marriage mask mass master match material math matrix matter maximum
maze meadow mean measure meat mechanic medal media melody melt member memory mention menu mercy merge merit merry
mesh message metal method middle midnight milk million mimic mind minimum minor minute miracle mirror misery miss
mistake mix mixed mixture mobile model modify mom moment monitor monkey monster month moon moral more morning
mosquito mother motion motor mountain mouse move movie much muffin mule multiply muscle museum mushroom music must
mutual myself mystery myth naive name napkin narrow nasty nation nature near neck need negative neglect neither
nephew nerve nest net network neutral never news next nice night noble noise nominee noodle normal north nose
notable note nothing notice novel now nuclear number nurse nut oak obey object oblige obscure observe obtain obvious
occur ocean october odor off offer office often oil okay old olive olympic omit once one onion online only open
opera opinion oppose option orange orbit orchard order ordinary organ orient original orphan ostrich other outdoor
outer output outside oval oven over own owner oxygen oyster ozone pact paddle page pair palace palm panda panel
panic panther paper parade parent park parrot party pass patch path patient patrol pattern pause pave payment peace
peanut pear peasant pelican pen penalty pencil people pepper perfect permit person pet phone photo phrase physical
piano picnic picture piece pig pigeon pill pilot pink pioneer pipe pistol pitch pizza place planet plastic plate
play please pledge pluck plug plunge poem poet point polar pole police pond pony pool popular portion position
possible post potato pottery poverty powder power practice praise predict prefer prepare present pretty prevent
price pride primary print priority prison private prize problem process produce profit program project promote proof
property prosper protect proud provide public pudding pull pulp pulse pumpkin punch pupil puppy purchase purity
purpose purse push put puzzle pyramid quality quantum quarter question quick quit quiz quote rabbit raccoon race
rack radar radio rail rain raise rally ramp ranch random range rapid rare rate rather raven raw razor ready real
reason rebel rebuild recall receive recipe record recycle reduce reflect reform refuse region regret regular reject
relax release relief rely remain remember remind remove render renew rent reopen repair repeat replace report
require rescue resemble resist resource response result retire retreat return reunion reveal review reward rhythm
rib ribbon rice rich ride ridge rifle right rigid ring riot ripple risk ritual rival river road roast robot robust
rocket romance roof rookie room rose rotate rough round route royal rubber rude rug rule run runway rural sad saddle
sadness safe sail salad salmon salon salt salute same sample sand satisfy satoshi sauce sausage save say scale scan
scare scatter scene scheme school science scissors scorpion scout scrap screen script scrub sea search season seat
second secret section security seed seek segment select sell seminar senior sense sentence series service session
settle setup seven shadow shaft shallow share shed shell sheriff shield shift shine ship shiver shock shoe shoot
shop short shoulder shove shrimp shrug shuffle shy sibling sick side siege sight sign silent silk silly silver
similar simple since sing siren sister situate six size skate sketch ski skill skin skirt skull slab slam sleep
slender slice slide slight slim slogan slot slow slush small smart smile smoke smooth snack snake snap sniff snow
soap soccer social sock soda soft solar soldier solid solution solve someone song soon sorry sort soul sound soup
source south space spare spatial spawn speak special speed spell spend sphere spice spider spike spin spirit split
spoil sponsor spoon sport spot spray spread spring spy square squeeze squirrel stable stadium staff stage stairs
stamp stand start state stay steak steel stem step stereo stick still sting stock stomach stone stool story stove
strategy street strike strong struggle student stuff stumble style subject submit subway success such sudden suffer
sugar suggest suit summer sun sunny sunset super supply supreme sure surface surge surprise surround survey suspect
sustain swallow swamp swap swarm swear sweet swift swim swing switch sword symbol symptom syrup system table tackle
tag tail talent talk tank tape target task taste tattoo taxi teach team tell ten tenant tennis tent term test text
thank that theme then theory there they thing this thought three thrive throw thumb thunder ticket tide tiger tilt
timber time tiny tip tired tissue title toast tobacco today toddler toe together toilet token tomato tomorrow tone
tongue tonight tool tooth top topic topple torch tornado tortoise toss total tourist toward tower town toy track
trade traffic tragic train transfer trap trash travel tray treat tree trend trial tribe trick trigger trim trip
trophy trouble truck true truly trumpet trust truth try tube tuition tumble tuna tunnel turkey turn turtle twelve
twenty twice twin twist two type typical ugly umbrella unable unaware uncle uncover under undo unfair unfold unhappy
uniform unique unit universe unknown unlock until unusual unveil update upgrade uphold upon upper upset urban urge
usage use used useful useless usual utility vacant vacuum vague valid valley valve van vanish vapor various vast
vault vehicle velvet vendor venture venue verb verify version very vessel veteran viable vibrant vicious victory
video view village vintage violin virtual virus visa visit visual vital vivid vocal voice void volcano volume vote
voyage wage wagon wait walk wall walnut want warfare warm warrior wash wasp waste water wave way wealth weapon wear
weasel weather web wedding weekend weird welcome west wet whale what wheat wheel when where whip whisper wide width
wife wild will win window wine wing wink winner winter wire wisdom wise wish witness wolf woman wonder wood wool
word work world worry worth wrap wreck wrestle wrist write wrong yard year yellow you young youth zebra zero zone
zoo
"""

# Source: RFC 1751, appendix A.
RFC1751_WORDS: Final = """
a abe ace act ad ada add ago aid aim air all alp am amy an ana and ann ant any ape aps apt arc are ark arm art as
ash ask at ate aug auk ave awe awk awl awn ax aye bad bag bah bam ban bar bat bay be bed bee beg ben bet bey bib bid
big bin bit bob bog bon boo bop bow boy bub bud bug bum bun bus but buy by bye cab cal cam can cap car cat caw cod
cog col con coo cop cot cow coy cry cub cue cup cur cut dab dad dam dan dar day dee del den des dew did die dig din
dip do doe dog don dot dow dry dub dud due dug dun ear eat ed eel egg ego eli elk elm ely em end est etc eva eve ewe
eye fad fan far fat fay fed fee few fib fig fin fir fit flo fly foe fog for fry fum fun fur gab gad gag gal gam gap
gas gay gee gel gem get gig gil gin go got gum gun gus gut guy gym gyp ha had hal ham han hap has hat haw hay he hem
hen her hew hey hi hid him hip his hit ho hob hoc hoe hog hop hot how hub hue hug huh hum hut i icy ida if ike ill
ink inn io ion iq ira ire irk is it its ivy jab jag jam jan jar jaw jay jet jig jim jo job joe jog jot joy jug jut
kay keg ken key kid kim kin kit la lab lac lad lag lam lap law lay lea led lee leg len leo let lew lid lie lin lip
lit lo lob log lop los lot lou low loy lug lye ma mac mad mae man mao map mat maw may me meg mel men met mew mid min
mit mob mod moe moo mop mos mot mow mud mug mum my nab nag nan nap nat nay ne ned nee net new nib nil nip nit no nob
nod non nor not nov now nu nun nut o oaf oak oar oat odd ode of off oft oh oil ok old on one or orb ore orr os ott
our out ova ow owe owl own ox pa pad pal pam pan pap par pat paw pay pea peg pen pep per pet pew phi pi pie pin pit
ply po pod poe pop pot pow pro pry pub pug pun pup put quo rag ram ran rap rat raw ray reb red rep ret rib rid rig
rim rio rip rob rod roe ron rot row roy rub rue rug rum run rye sac sad sag sal sam san sap sat saw say sea sec see
sen set sew she shy sin sip sir sis sit ski sky sly so sob sod son sop sow soy spa spy sub sud sue sum sun sup tab
tad tag tan tap tar tea ted tee ten the thy tic tie tim tin tip to toe tog tom ton too top tow toy try tub tug tum
tun two un up us use van vat vet vie wad wag war was way we web wed wee wet who why win wit wok won woo wow wry wu
yam yap yaw ye yea yes yet you abed abel abet able abut ache acid acme acre acta acts adam adds aden afar afro agee
ahem ahoy aida aide aids airy ajar akin alan alec alga alia ally alma aloe also alto alum alva amen ames amid ammo
amok amos amra andy anew anna anne ante anti aqua arab arch area argo arid army arts arty asia asks atom aunt aura
auto aver avid avis avon avow away awry babe baby bach back bade bail bait bake bald bale bali balk ball balm band
bane bang bank barb bard bare bark barn barr base bash bask bass bate bath bawd bawl bead beak beam bean bear beat
beau beck beef been beer beet bela bell belt bend bent berg bern bert bess best beta beth bhoy bias bide bien bile
bilk bill bind bing bird bite bits blab blat bled blew blob bloc blot blow blue blum blur boar boat boca bock bode
body bogy bohr boil bold bolo bolt bomb bona bond bone bong bonn bony book boom boon boot bore borg born bose boss
both bout bowl boyd brad brae brag bran bray bred brew brig brim brow buck budd buff bulb bulk bull bunk bunt buoy
burg burl burn burr burt bury bush buss bust busy byte cady cafe cage cain cake calf call calm came cane cant card
care carl carr cart case cash cask cast cave ceil cell cent cern chad char chat chaw chef chen chew chic chin chou
chow chub chug chum cite city clad clam clan claw clay clod clog clot club clue coal coat coca cock coco coda code
cody coed coil coin coke cola cold colt coma comb come cook cool coon coot cord core cork corn cost cove cowl crab
crag cram cray crew crib crow crud cuba cube cuff cull cult cuny curb curd cure curl curt cuts dade dale dame dana
dane dang dank dare dark darn dart dash data date dave davy dawn days dead deaf deal dean dear debt deck deed deem
deer deft defy dell dent deny desk dial dice died diet dime dine ding dint dire dirt disc dish disk dive dock does
dole doll dolt dome done doom door dora dose dote doug dour dove down drab drag dram draw drew drub drug drum dual
duck duct duel duet duke dull dumb dune dunk dusk dust duty each earl earn ease east easy eben echo eddy eden edge
edgy edit edna egan elan elba ella else emil emit emma ends eric eros even ever evil eyed face fact fade fail fain
fair fake fall fame fang farm fast fate fawn fear feat feed feel feet fell felt fend fern fest feud fief figs file
fill film find fine fink fire firm fish fisk fist fits five flag flak flam flat flaw flea fled flew flit floc flog
flow flub flue foal foam fogy foil fold folk fond font food fool foot ford fore fork form fort foss foul four fowl
frau fray fred free fret frey frog from fuel full fume fund funk fury fuse fuss gaff gage gail gain gait gala gale
gall galt game gang garb gary gash gate gaul gaur gave gawk gear geld gene gent germ gets gibe gift gild gill gilt
gina gird girl gist give glad glee glen glib glob glom glow glue glum glut goad goal goat goer goes gold golf gone
gong good goof gore gory gosh gout gown grab grad gray greg grew grey grid grim grin grit grow grub gulf gull gunk
guru gush gust gwen gwyn haag haas hack hail hair hale half hall halo halt hand hang hank hans hard hark harm hart
hash hast hate hath haul have hawk hays head heal hear heat hebe heck heed heel heft held hell helm herb herd here
hero hers hess hewn hick hide high hike hill hilt hind hint hire hiss hive hobo hock hoff hold hole holm holt home
hone honk hood hoof hook hoot horn hose host hour hove howe howl hoyt huck hued huff huge hugh hugo hulk hull hunk
hunt hurd hurl hurt hush hyde hymn ibis icon idea idle iffy inca inch into ions iota iowa iris irma iron isle itch
item ivan jack jade jail jake jane java jean jeff jerk jess jest jibe jill jilt jive joan jobs jock joel joey john
join joke jolt jove judd jude judo judy juju juke july june junk juno jury just jute kahn kale kane kant karl kate
keel keen keno kent kern kerr keys kick kill kind king kirk kiss kite klan knee knew knit knob knot know koch kong
kudo kurd kurt kyle lace lack lacy lady laid lain lair lake lamb lame land lane lang lard lark lass last late laud
lava lawn laws lays lead leaf leak lean lear leek leer left lend lens lent leon lesk less lest lets liar lice lick
lied lien lies lieu life lift like lila lilt lily lima limb lime lind line link lint lion lisa list live load loaf
loam loan lock loft loge lois lola lone long look loon loot lord lore lose loss lost loud love lowe luck lucy luge
luke lulu lund lung lura lure lurk lush lust lyle lynn lyon lyra mace made magi maid mail main make male mali mall
malt mana mann many marc mare mark mars mart mary mash mask mass mast mate math maul mayo mead meal mean meat meek
meet meld melt memo mend menu mert mesh mess mice mike mild mile milk mill milt mimi mind mine mini mink mint mire
miss mist mite mitt moan moat mock mode mold mole moll molt mona monk mont mood moon moor moot more morn mort moss
most moth move much muck mudd muff mule mull murk mush must mute mutt myra myth nagy nail nair name nary nash nave
navy neal near neat neck need neil nell neon nero ness nest news newt nibs nice nick nile nina nine noah node noel
noll none nook noon norm nose note noun nova nude null numb oath obey oboe odin ohio oily oint okay olaf oldy olga
olin oman omen omit once ones only onto onus oral orgy oslo otis otto ouch oust outs oval oven over owly owns quad
quit quod race rack racy raft rage raid rail rain rake rank rant rare rash rate rave rays read real ream rear reck
reed reef reek reel reid rein rena rend rent rest rice rich rick ride rift rill rime ring rink rise risk rite road
roam roar robe rock rode roil roll rome rood roof rook room root rosa rose ross rosy roth rout rove rowe rows rube
ruby rude rudy ruin rule rung runs runt ruse rush rusk russ rust ruth sack safe sage said sail sale salk salt same
sand sane sang sank sara saul save says scan scar scat scot seal seam sear seat seed seek seem seen sees self sell
send sent sets sewn shag sham shaw shay shed shim shin shod shoe shot show shun shut sick side sift sigh sign silk
sill silo silt sine sing sink sire site sits situ skat skew skid skim skin skit slab slam slat slay sled slew slid
slim slit slob slog slot slow slug slum slur smog smug snag snob snow snub snug soak soar sock soda sofa soft soil
sold some song soon soot sore sort soul sour sown stab stag stan star stay stem stew stir stow stub stun such suds
suit sulk sums sung sunk sure surf swab swag swam swan swat sway swim swum tack tact tail take tale talk tall tank
task tate taut teal team tear tech teem teen teet tell tend tent term tern tess test than that thee them then they
thin this thud thug tick tide tidy tied tier tile till tilt time tina tine tint tiny tire toad togo toil told toll
tone tong tony took tool toot tore torn tote tour tout town trag tram tray tree trek trig trim trio trod trot troy
true tuba tube tuck tuft tuna tune tung turf turn tusk twig twin twit ulan unit urge used user uses utah vail vain
vale vary vase vast veal veda veil vein vend vent verb very veto vice view vine vise void volt vote wack wade wage
wail wait wake wale walk wall walt wand wane wang want ward warm warn wart wash wast wats watt wave wavy ways weak
weal wean wear weed week weir weld well welt went were wert west wham what whee when whet whoa whom wick wife wild
will wind wine wing wink wino wire wise wish with wolf wont wood wool word wore work worm worn wove writ wynn yale
yang yank yard yarn yawl yawn yeah year yell yoga yoke
"""
